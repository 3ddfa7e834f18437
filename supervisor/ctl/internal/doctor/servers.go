package doctor

import (
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
)

// server is a server{} of nginx.
type server struct {
	*directive
	names     []string
	listens   []listen
	proxies   []*directive // the blocks that pass requests to Chatter
	isDefault bool         // it answers requests for hosts that no server names
}

// listen is where a server listens.
type listen struct {
	address string // host:port; the host is "" for all addresses
	tls     bool
}

// findServers finds the servers, and which of them serve Chatter.
func (c *nginxConf) findServers(dir string) {
	defaults := map[string]bool{} // the addresses that have one
	for _, d := range c.main.all() {
		if d.name != "server" || d.parent.name != "http" {
			continue
		}
		s := &server{directive: d}
		for _, name := range d.own("server_name") {
			s.names = append(s.names, name.args...)
		}
		for _, l := range d.own("listen") {
			s.listens = append(s.listens, parseListen(l.args))
			s.isDefault = s.isDefault || slices.Contains(l.args, "default_server")
		}
		for _, inner := range d.all() {
			if target := value(inner.own("proxy_pass")); c.isOurs(target, dir) {
				s.proxies = append(s.proxies, inner)
			}
		}
		for _, l := range s.listens {
			defaults[l.address] = defaults[l.address] || s.isDefault
		}
		c.servers = append(c.servers, s)
	}
	// Without default_server the first server of an address is the default.
	for _, s := range c.servers {
		for _, l := range s.listens {
			s.isDefault = s.isDefault || !defaults[l.address]
			defaults[l.address] = true
		}
	}
}

func parseListen(args []string) listen {
	if len(args) == 0 {
		return listen{}
	}
	address := args[0]
	switch {
	case strings.Trim(address, "0123456789") == "":
		address = ":" + address
	case strings.HasPrefix(address, "*:"):
		address = address[1:]
	case strings.HasPrefix(address, "unix:"), strings.Contains(address, "]:"), strings.Count(address, ":") == 1:
	default:
		address = net.JoinHostPort(strings.Trim(address, "[]"), "80")
	}
	return listen{address, slices.Contains(args, "ssl")}
}

// isOurs reports whether the target of a proxy_pass is a service of Chatter: an upstream of its
// name, or one with a socket in dir.
func (c *nginxConf) isOurs(target, dir string) bool {
	socket := "unix:" + filepath.Clean(dir) + "/"
	_, host, _ := strings.Cut(target, "://")
	host, _, _ = strings.Cut(host, "/")
	if host == "chatter_httpd" || host == "chatter_wsd" || strings.Contains(target, socket) {
		return true
	}
	for _, d := range c.main.all() {
		if d.title() == "upstream "+host && slices.ContainsFunc(d.own("server"), func(s *directive) bool {
			return strings.HasPrefix(s.title(), "server "+socket)
		}) {
			return true
		}
	}
	return false
}

// sites returns the servers that pass requests to Chatter.
func (c *nginxConf) sites() (found []*server) {
	for _, s := range c.servers {
		if len(s.proxies) > 0 {
			found = append(found, s)
		}
	}
	return found
}

// seeGuests returns the servers that a guest of Chatter may get to: the sites, those with the
// name of a site, and the default servers of their addresses.
func (c *nginxConf) seeGuests() (found []*server) {
	var names, addresses []string
	for _, s := range c.sites() {
		names = append(names, s.names...)
	}
	isNamed := func(s *server) bool {
		return len(s.proxies) > 0 || slices.ContainsFunc(s.names, func(name string) bool { return slices.Contains(names, name) })
	}
	for _, s := range c.servers {
		for _, l := range s.listens {
			if isNamed(s) {
				addresses = append(addresses, l.address)
			}
		}
	}
	for _, s := range c.servers {
		catches := s.isDefault && slices.ContainsFunc(s.listens, func(l listen) bool { return slices.Contains(addresses, l.address) })
		if isNamed(s) || catches {
			found = append(found, s)
		}
	}
	return found
}

// tls reports whether the server listens with TLS.
func (s *server) tls() bool {
	return slices.ContainsFunc(s.listens, func(l listen) bool { return l.tls })
}

// name returns the first name under which guests may know the server, "" for none.
func (s *server) name() string {
	for _, name := range s.names {
		if name != "" && strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" {
			return name
		}
	}
	return ""
}

// local returns an address at which the server can be reached on this machine, with TLS if it
// has any. It is "" if the server listens on unix sockets only.
func (s *server) local() string {
	for _, l := range s.listens {
		host, port, err := net.SplitHostPort(l.address)
		if err != nil || l.tls != s.tls() {
			continue
		}
		switch ip, err := netip.ParseAddr(host); {
		case err != nil, ip.Is4() && ip.IsUnspecified():
			host = "127.0.0.1"
		case ip.IsUnspecified():
			host = "::1"
		}
		return net.JoinHostPort(host, port)
	}
	return ""
}

// title names a server for a person.
func (s *server) title() string {
	name := strings.Join(s.names, " ")
	if name == "" {
		name = "without a name"
	}
	var addresses []string
	for _, l := range s.listens {
		addresses = append(addresses, l.address)
	}
	return "server " + name + " on " + strings.Join(addresses, " ")
}
