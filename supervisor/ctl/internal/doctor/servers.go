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
	*block
	names     []string
	listens   []listen
	proxies   []*block // the blocks that pass requests to Chatter
	isDefault bool     // it answers requests for hosts that no server names
}

// listen is where a server listens.
type listen struct {
	address string // host:port; the host is "" for all addresses
	tls     bool
}

// findServers finds the servers, and which of them serve Chatter.
func (c *nginxConf) findServers(dir string) {
	c.main.walk(func(b *block) {
		if b.name != "server" || b.parent == nil || b.parent.name != "http" {
			return
		}
		s := &server{block: b}
		for _, d := range b.directives {
			switch d.name {
			case "server_name":
				s.names = append(s.names, d.args...)
			case "listen":
				l, isDefault := parseListen(d.args)
				s.listens, s.isDefault = append(s.listens, l), s.isDefault || isDefault
			}
		}
		b.walk(func(inner *block) {
			if d := inner.first("proxy_pass"); d != nil && len(d.args) == 1 && c.ours(d.args[0], dir) {
				s.proxies = append(s.proxies, inner)
			}
		})
		c.servers = append(c.servers, s)
	})
	// Without default_server the first server of an address is the default.
	seen := map[string]bool{}
	for _, s := range c.servers {
		if s.isDefault {
			for _, l := range s.listens {
				seen[l.address] = true
			}
		}
	}
	for _, s := range c.servers {
		for _, l := range s.listens {
			if !seen[l.address] {
				seen[l.address], s.isDefault = true, true
			}
		}
	}
}

func parseListen(args []string) (l listen, isDefault bool) {
	if len(args) == 0 {
		return l, false
	}
	switch address := args[0]; {
	case strings.Trim(address, "0123456789") == "":
		l.address = ":" + address
	case strings.HasPrefix(address, "*:"):
		l.address = address[1:]
	case strings.HasPrefix(address, "unix:"), strings.Contains(address, "]:"), strings.Count(address, ":") == 1:
		l.address = address
	default:
		l.address = net.JoinHostPort(strings.Trim(address, "[]"), "80")
	}
	l.tls = slices.Contains(args, "ssl")
	return l, slices.Contains(args, "default_server")
}

// ours reports whether the address of a proxy_pass is a service of Chatter: an upstream of its
// name, or one with a socket in dir.
func (c *nginxConf) ours(target, dir string) bool {
	if strings.Contains(target, "unix:"+dir+"/") {
		return true
	}
	_, host, _ := strings.Cut(target, "://")
	host, _, _ = strings.Cut(host, "/")
	found := host == "chatter_httpd" || host == "chatter_wsd"
	c.main.walk(func(b *block) {
		for _, d := range b.directives {
			if d.name == "upstream" && len(d.args) == 1 && d.args[0] == host {
				for _, s := range d.block.effective("server") {
					found = found || len(s.args) > 0 && strings.HasPrefix(s.args[0], "unix:"+filepath.Clean(dir)+"/")
				}
			}
		}
	})
	return found
}

// sites returns the servers that pass requests to Chatter.
func (c *nginxConf) sites() (all []*server) {
	for _, s := range c.servers {
		if len(s.proxies) > 0 {
			all = append(all, s)
		}
	}
	return all
}

// seeGuests returns the servers that a guest of Chatter may get to: the sites, those with the
// name of a site, and the default servers of their addresses.
func (c *nginxConf) seeGuests() (all []*server) {
	names, addresses := map[string]bool{}, map[string]bool{}
	for _, s := range c.sites() {
		for _, name := range s.names {
			names[name] = true
		}
	}
	named := func(s *server) bool { return slices.ContainsFunc(s.names, func(n string) bool { return names[n] }) }
	for _, s := range c.servers {
		if len(s.proxies) > 0 || named(s) {
			for _, l := range s.listens {
				addresses[l.address] = true
			}
		}
	}
	for _, s := range c.servers {
		catches := s.isDefault && slices.ContainsFunc(s.listens, func(l listen) bool { return addresses[l.address] })
		if len(s.proxies) > 0 || named(s) || catches {
			all = append(all, s)
		}
	}
	return all
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

// dial returns an address at which the server can be reached on this machine.
func (s *server) dial(tls bool) string {
	for _, l := range s.listens {
		host, port, err := net.SplitHostPort(l.address)
		if err != nil || l.tls != tls {
			continue
		}
		if ip, err := netip.ParseAddr(host); err != nil || ip.IsUnspecified() {
			host = "127.0.0.1"
			if err == nil && ip.Is6() {
				host = "::1"
			}
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
