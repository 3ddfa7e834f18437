package doctor

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"chatter/shared/capacity"
	"chatter/shared/origin"
	"chatter/shared/redisconn"
	"chatter/supervisor/run/supervisord"
)

// Machine is what is examined. Its functions and paths are fields, so that a test can give its
// own.
type Machine struct {
	dir  string // of the sockets
	root string // "" = of the machine; where /proc, /etc and so on are

	peer      func(socket string) (pid int, err error)           // the process that listens on a unix socket
	nginx     func(ctx context.Context) (dump string, err error) // the error may be a refusal
	lookup    func(ctx context.Context, host string) ([]netip.Addr, error)
	addresses func() ([]net.Addr, error)                         // of this machine
	free      func(dir string) (bytes float64)                   // of the disk; NaN = not known
	growth    func(ctx context.Context) (bytesPerSecond float64) // of Redis's file; NaN = not known
	now       func() time.Time
	talk      func(ctx context.Context, site origin.Origin, phrase string, dial dialer) (time.Duration, error)
	roots     *x509.CertPool // nil = those that the system trusts

	// The results of look.
	programs    supervisord.Processes
	programsErr error
	processes   []*process
	conf        *nginxConf // nil if confErr is not
	confErr     error
	master      int           // process of nginx, 0 for none
	workers     []int         // its processes, the latest first
	site        origin.Origin // zero = not known
	server      *server       // that of nginx which serves the site; nil = not known
	redis       *redisconn.Client
	primaries   []*redisconn.Node // none if Redis does not answer

	share float64 // of Redis's memory that is used
}

// New returns this machine, with the services' sockets in dir.
func New(dir string) *Machine {
	m := &Machine{dir: dir, peer: listener, addresses: net.InterfaceAddrs, free: capacity.FreeBytes, now: time.Now, talk: talk}
	m.nginx, m.growth = m.runNginx, m.fileGrowth
	m.lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}
	return m
}

// path returns where a file of the machine is.
func (m *Machine) path(elements ...string) string {
	return m.root + filepath.Join("/", filepath.Join(elements...))
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
	dump, err := m.nginx(ctx)
	switch {
	case m.isTrial():
		m.confErr = errors.New("make run has a proxy of its own in its place")
	case err != nil:
		m.confErr = err
	default:
		m.conf, m.confErr = parseNginx(dump, m.dir)
	}
	if m.confErr == nil {
		m.findNginx()
	}
	m.site, m.server = m.public()
	if address := m.redisURL(); address != "" {
		m.redis, _ = redisconn.Open(address) // no process runs with an address that is wrong
	}
	if m.redis != nil && m.redis.Ready(ctx) == nil {
		m.primaries, _ = m.redis.Primaries(ctx)
	}
}

// isTrial reports whether this is `make run`: services without admin sockets and supervisord.
func (m *Machine) isTrial() bool {
	return m.programsErr != nil && len(m.processes) > 0 && !slices.ContainsFunc(m.processes, func(p *process) bool { return p.Socket != "" })
}

func (m *Machine) close() {
	if m.redis != nil {
		m.redis.Close()
	}
}

// public returns the address of the site, and the server of nginx behind it.
func (m *Machine) public() (site origin.Origin, s *server) {
	if m.conf != nil {
		for _, one := range m.conf.sites() {
			if s == nil || one.tls() && !s.tls() {
				s = one
			}
		}
	}
	if site, err := origin.Parse(m.setting("public-url")); err == nil {
		return site, s
	}
	if s == nil {
		return origin.Origin{}, nil
	}
	scheme := "http"
	if s.tls() {
		scheme = "https"
	}
	host, port, _ := net.SplitHostPort(s.local())
	host = cmp.Or(s.name(), host)
	if port != "" {
		host = net.JoinHostPort(host, port)
	}
	site, _ = origin.Parse(scheme + "://" + host)
	return site, s
}

// host returns the host of the site without its port.
func (m *Machine) host() string { return (&url.URL{Host: m.site.Host}).Hostname() }
