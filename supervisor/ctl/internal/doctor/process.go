package doctor

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"chatter/shared/parts"
	"chatter/supervisor/ctl/internal/admin"
	"chatter/supervisor/run/services"
)

// process is one httpd or wsd. Without admin sockets it has the name of its service.
type process struct {
	admin.Process
	pid      int // 0 = not known
	sample   admin.Sample
	adminErr error // why its admin socket does not answer

	// The values of flags.
	told      map[string]string // as the process tells them, nil if it does not
	arguments map[string]string // of its command line, nil if it cannot be read
	variables map[string]string // of its environment
	file      map[string]string // of its settings file, as it is now
	unread    error             // why the last three are not known
}

// findProcesses finds the services by their admin sockets. A service without them is the
// process that listens on its public socket.
func (m *Machine) findProcesses(ctx context.Context) {
	for _, found := range admin.Find(m.dir) {
		p := &process{Process: found}
		p.pid, _ = m.peer(p.Socket)
		p.ask(ctx)
		m.processes = append(m.processes, p)
	}
	for _, service := range services.Names {
		if m.runs(service) {
			continue
		}
		if pid, err := m.peer(filepath.Join(m.dir, service+".sock")); err == nil && m.proc(pid, "comm") == service {
			m.processes = append(m.processes, &process{Process: admin.Process{Service: service, Name: service}, pid: pid})
		}
	}
	for _, p := range m.processes {
		if p.pid != 0 {
			p.unread = m.readProc(p)
		}
	}
}

// runs reports whether a process of a service is found.
func (m *Machine) runs(service string) bool {
	return slices.ContainsFunc(m.processes, func(p *process) bool { return p.Service == service })
}

// askTime is when an admin listener counts as silent.
const askTime = 10 * time.Second

// ask reads what the admin listener tells.
func (p *process) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	if p.sample, p.adminErr = p.Sample(ctx); p.adminErr != nil {
		return
	}
	if text, err := p.Get(ctx, "/settings"); err == nil {
		_ = json.Unmarshal([]byte(text), &p.told) // nil if it is of an older version
	}
}

// readProc reads the command line and the environment of a process.
func (m *Machine) readProc(p *process) error {
	proc := m.path("proc", strconv.Itoa(p.pid))
	line, err := os.ReadFile(filepath.Join(proc, "cmdline"))
	if err != nil {
		return err
	}
	environ, err := os.ReadFile(filepath.Join(proc, "environ"))
	if err != nil {
		return err
	}
	p.arguments, p.variables = parseArguments(nulls(string(line))), parseVariables(nulls(string(environ)))
	if path := cmp.Or(p.arguments["settings"], p.variables["settings"]); path != "" {
		p.file = parseVariables(strings.Split(m.text(path), "\n"))
	}
	return nil
}

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

// parseVariables reads CHATTER_NAME=VALUE and returns the values by the names of their flags.
func parseVariables(lines []string) map[string]string {
	flags := make(map[string]string)
	for _, line := range lines {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if name, ok := strings.CutPrefix(name, "CHATTER_"); ok && value != "" {
			flags[strings.ToLower(strings.ReplaceAll(name, "_", "-"))] = value
		}
	}
	return flags
}

// value returns the value of a flag, "" if it is not known. It is what the process itself tells,
// or what its command line, its environment and its settings file say.
func (p *process) value(flag string) string {
	told, ok := p.told[flag]
	if p.arguments == nil || ok && flag != "redis" { // whose address is told without its password
		return told
	}
	return cmp.Or(p.arguments[flag], p.variables[flag], p.file[flag], defaults[flag])
}

// defaults are the values of the flags that are set nowhere.
var defaults = func() map[string]string {
	values := parts.Values(new(parts.Config).Flags("", ""))
	values["max-sockets"] = "50000" // of wsd
	return values
}()

// setting returns the value of a flag in the first process that knows it, "" for none.
func (m *Machine) setting(flag string) string {
	for _, p := range m.processes {
		if value := p.value(flag); value != "" {
			return value
		}
	}
	return ""
}

// redisURL returns the address of Redis with which the services run, "" if it is not known.
func (m *Machine) redisURL() (address string) {
	for _, p := range m.processes {
		if p.arguments != nil {
			return p.value("redis") // with its password
		}
		address = cmp.Or(address, p.value("redis"))
	}
	return address
}

// redisElsewhere reports whether the services use another Redis than the package's.
func (m *Machine) redisElsewhere() bool {
	address := m.redisURL()
	return address != "" && !strings.HasPrefix(address, "unix:///run/chatter")
}

// metric returns a metric of the first process that tells it, NaN for none.
func (m *Machine) metric(name string) float64 {
	for _, p := range m.processes {
		if value, ok := p.sample.Metrics[name]; ok && !math.IsNaN(value) {
			return value
		}
	}
	return math.NaN()
}
