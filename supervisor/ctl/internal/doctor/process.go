package doctor

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"chatter/supervisor/run/supervisord"
)

// process is one httpd or wsd.
type process struct {
	service string // "httpd" or "wsd"
	name    string // "httpd-0", or the service if there is only one
	admin   string // its admin socket; "" = none
	pid     int    // 0 = not known

	ready    bool
	says     []string           // the lines of /readyz
	adminErr error              // why its admin socket does not answer
	metrics  map[string]float64 // without labels

	arguments map[string]string // flags of its command line
	variables map[string]string // CHATTER_* of its environment
	file      map[string]string // CHATTER_* of its settings file, as it is now
	unread    error             // why /proc does not tell them
	settings  map[string]string // the values of all flags, nil if they are not known
}

// program returns the name that supervisorctl knows: httpd:httpd_0.
func (p *process) program() string {
	return p.service + ":" + strings.Replace(p.name, "-", "_", 1)
}

// findProcesses finds the services by their admin sockets. A service without them is the
// process that listens on its public socket.
func (m *Machine) findProcesses(ctx context.Context) {
	for _, service := range []string{"httpd", "wsd"} {
		sockets, _ := filepath.Glob(filepath.Join(m.dir, service+"-*.admin.sock"))
		for _, socket := range sockets {
			p := &process{service: service, name: strings.TrimSuffix(filepath.Base(socket), ".admin.sock"), admin: socket}
			m.processes = append(m.processes, p)
		}
		if socket := filepath.Join(m.dir, service+".sock"); len(sockets) == 0 {
			if pid, err := m.peer(socket); err == nil && m.text("proc", strconv.Itoa(pid), "comm") == service {
				m.processes = append(m.processes, &process{service: service, name: service, pid: pid})
			}
		}
	}
	for _, p := range m.processes {
		if p.admin != "" {
			p.pid, _ = m.peer(p.admin)
			p.ask(ctx)
		}
		m.readProc(p)
	}
}

// askTime is when an admin listener counts as silent.
const askTime = 10 * time.Second

// ask reads what the admin listener tells.
func (p *process) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	get := func(path string) (string, error) {
		return supervisord.Request(ctx, p.admin, http.MethodGet, path, "")
	}
	text, err := get("/readyz")
	p.ready = err == nil
	if text == "" {
		p.adminErr = err
		return
	}
	p.says = strings.Split(strings.TrimSpace(text), "\n")
	if text, err := get("/metrics"); err == nil {
		p.metrics = parseMetrics(text)
	}
	if text, err := get("/settings"); err == nil {
		_ = json.Unmarshal([]byte(text), &p.settings) // nil if it is of an older version
	}
}

// parseMetrics reads the metrics that have no labels.
func parseMetrics(text string) map[string]float64 {
	metrics := make(map[string]float64)
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if f, err := strconv.ParseFloat(value, 64); err == nil {
			metrics[name] = f
		}
	}
	return metrics
}

// readProc reads the command line and the environment of a process.
func (m *Machine) readProc(p *process) {
	if p.pid == 0 {
		return
	}
	proc := m.path("proc", strconv.Itoa(p.pid))
	line, err := os.ReadFile(filepath.Join(proc, "cmdline"))
	if err != nil {
		p.unread = err
		return
	}
	environ, err := os.ReadFile(filepath.Join(proc, "environ"))
	if err != nil {
		p.unread = err
		return
	}
	p.arguments, p.variables = parseArguments(split(line)), parseVariables(split(environ))
	if path := cmp.Or(p.arguments["settings"], p.variables["CHATTER_SETTINGS"]); path != "" {
		p.file = parseVariables(strings.Split(m.text(path), "\n"))
	}
}

func split(b []byte) []string { return strings.Split(strings.TrimRight(string(b), "\x00"), "\x00") }

// parseArguments reads "--name value" and "--name=value".
func parseArguments(line []string) map[string]string {
	flags := make(map[string]string)
	for i := 1; i < len(line); i++ {
		name, value, given := strings.Cut(strings.TrimLeft(line[i], "-"), "=")
		switch {
		case !strings.HasPrefix(line[i], "-"):
			continue
		case given:
		case i+1 < len(line) && !strings.HasPrefix(line[i+1], "-"):
			i++
			value = line[i]
		default:
			value = "true"
		}
		flags[name] = value
	}
	return flags
}

// parseVariables reads NAME=VALUE of those that begin with CHATTER_.
func parseVariables(lines []string) map[string]string {
	variables := make(map[string]string)
	for _, line := range lines {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if ok && strings.HasPrefix(name, "CHATTER_") && value != "" {
			variables[name] = value
		}
	}
	return variables
}

// status returns the numbers of a line of /proc/PID/status, such as Uid or Groups.
func (m *Machine) status(pid int, field string) (numbers []int) {
	for line := range strings.Lines(m.text("proc", strconv.Itoa(pid), "status")) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			for _, word := range strings.Fields(rest) {
				n, _ := strconv.Atoi(word)
				numbers = append(numbers, n)
			}
		}
	}
	return numbers
}

// user returns the effective user of a process and its groups, and false if /proc does not
// tell them.
func (m *Machine) user(pid int) (user int, groups []int, ok bool) {
	users, effective := m.status(pid, "Uid"), m.status(pid, "Gid")
	if len(users) < 2 || len(effective) < 2 {
		return 0, nil, false
	}
	return users[1], append(slices.Clone(effective[1:2]), m.status(pid, "Groups")...), true
}

// children returns the processes that a process has started.
func (m *Machine) children(pid int) (pids []int) {
	id := strconv.Itoa(pid)
	for _, word := range strings.Fields(m.text("proc", id, "task", id, "children")) {
		child, _ := strconv.Atoi(word)
		pids = append(pids, child)
	}
	return pids
}
