package doctor

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"chatter/shared/origin"
	"chatter/shared/redisconn"
	"chatter/supervisor/run/child"
	"chatter/supervisor/run/supervisord"
)

// Machine is what is examined. Its functions and paths are fields, so that a test can give its
// own.
type Machine struct {
	dir  string // of the sockets
	root string // "" = of the machine; where /proc, /etc and so on are

	peer      func(socket string) (pid int, err error) // the process that listens on a unix socket
	nginx     func(ctx context.Context) (dump, complaint string, err error)
	lookup    func(ctx context.Context, host string) ([]netip.Addr, error)
	addresses func() ([]netip.Addr, error) // of this machine
	free      func(dir string) (bytes float64, err error)
	growth    func(ctx context.Context, c *redisconn.Client) (bytesPerSecond float64, ok bool) // of Redis's file
	now       func() time.Time
	talk      func(ctx context.Context, site origin.Origin, phrase string, dial dialer) (time.Duration, error)
	roots     *x509.CertPool // nil = those that the system trusts

	// The results of look.
	programs    supervisord.Processes
	programsErr error
	processes   []*process
	conf        *nginxConf
	confErr     error  // why nginx's configuration could not be read
	confWrong   string // what nginx says is wrong with it
	redis       *redisconn.Client
	share       float64 // of Redis's memory that is used
}

// New returns this machine, with the services' sockets in dir.
func New(dir string) *Machine {
	m := &Machine{dir: dir, peer: listener, addresses: ownAddresses, free: freeBytes, now: time.Now, talk: talk}
	m.nginx, m.growth = m.runNginx, m.fileGrowth
	m.lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}
	return m
}

// path returns where a file of the machine is.
func (m *Machine) path(elements ...string) string {
	return m.root + filepath.Join(append([]string{"/"}, elements...)...)
}

// text returns a file of the machine without the white space around it, "" if it cannot be read.
func (m *Machine) text(elements ...string) string {
	b, _ := os.ReadFile(m.path(elements...))
	return strings.TrimSpace(string(b))
}

// stackConf is the main file of the supervisord of a stack that `make up` started in dir, or "".
func (m *Machine) stackConf() string {
	conf := filepath.Join(m.dir, "supervisord.conf")
	if _, err := os.Stat(conf); err != nil {
		return ""
	}
	return conf
}

// look finds the processes, reads nginx's configuration and makes a client of Redis.
func (m *Machine) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	for _, socket := range []string{filepath.Join(m.dir, "supervisor.sock"), m.path("run/supervisor.sock"), m.path("var/run/supervisor.sock")} {
		if m.programs, m.programsErr = supervisord.Status(ctx, socket); m.programsErr == nil || m.stackConf() != "" {
			break
		}
	}
	m.findProcesses(ctx)
	dump, complaint, err := m.nginx(ctx)
	switch {
	case m.trial():
		m.confErr = errors.New("make run has a proxy of its own in its place")
	case err == nil:
		m.conf, m.confErr = parseNginx(dump, m.dir)
	case complaint != "":
		m.confWrong = complaint
	default:
		m.confErr = err
	}
	if address := m.redisAddress(); address != "" {
		m.redis, _ = redisconn.Open(address) // an address that is wrong no process runs with
	}
}

// trial reports whether this is `make run`: services without admin sockets and supervisord.
func (m *Machine) trial() bool {
	return m.programsErr != nil && len(m.processes) > 0 && !slices.ContainsFunc(m.processes, func(p *process) bool { return p.admin != "" })
}

func (m *Machine) close() {
	if m.redis != nil {
		m.redis.Close()
	}
}

// runNginx has nginx test and print its configuration. complaint is why nginx refuses it.
func (m *Machine) runNginx(ctx context.Context) (dump, complaint string, err error) {
	path, err := child.Find("nginx")
	if err != nil {
		return "", "", err
	}
	args := []string{"-T"}
	if prefix := filepath.Join(m.dir, "nginx"); isFile(filepath.Join(prefix, "nginx.conf")) {
		args = append(args, "-p", prefix, "-c", "nginx.conf")
	}
	cmd := exec.CommandContext(ctx, path, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err = cmd.Run(); err != nil && !strings.Contains(errs.String(), "Permission denied") {
		complaint = firstComplaint(errs.String())
	} else if err != nil {
		err = errors.New("it may read its files only as root")
	}
	return out.String(), complaint, err
}

// firstComplaint returns the first line that says what is wrong, without the prefix of a log.
func firstComplaint(text string) string {
	for line := range strings.Lines(text) {
		if _, what, ok := strings.Cut(line, "[emerg] "); ok {
			return strings.TrimSpace(what)
		}
	}
	return strings.TrimSpace(text)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func ownAddresses() ([]netip.Addr, error) {
	found, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var list []netip.Addr
	for _, address := range found {
		if prefix, err := netip.ParsePrefix(address.String()); err == nil {
			list = append(list, prefix.Addr())
		}
	}
	return list, nil
}
