// Package harden takes from a service the rights that it does not need: other files, other
// programs, other ports, more privileges. A service that an attacker has taken over keeps
// only the rights of its work. Package daemon tells what the service needs.
//
// The kernel enforces the rules (Landlock) until the process ends, also after an exec, and
// on all processes that it starts. No process can lift them. So the rules name directories
// where a file may be replaced, and a reload that needs more than the rules is refused:
//
//	start ─► Rules ─► Apply ─► serve ─► SIGHUP ─► check: Allow ─► exec: Apply keeps the rules
//
// A kernel stacks at most 16 sets of rules on a process. Therefore a reload keeps the set of
// the start and adds none.
//
// On systems other than Linux the package does nothing.
package harden

import (
	"slices"

	"chatter/shared/redisconn"
)

// Needs are what a service needs of the machine.
type Needs struct {
	Program string   // the name of its binary; another release may take the name
	Files   []string // that it reads when it reloads; other files may take their names
	Sockets []string // socket files that it makes, and those that stood there before
	Ports   []uint16 // TCP ports that it listens on; 0 = one that the system chooses
	Redis   redisconn.Reach
}

// Rules are the rights that a process keeps. A path is a file, or a directory with all that
// is below it.
type Rules struct {
	Read    []string // to read
	Execute []string // to read and execute
	Make    []string // to make, connect to and remove socket files
	Connect []string // to connect to socket files
	Bind    []uint16 // TCP ports
	Ports   []uint16 // TCP ports of servers
	AnyPort bool     // of servers
	Lookup  bool     // name servers over UDP
}

// system are files that the Go runtime, its libraries and the metrics read. /proc is here as
// a whole: a rule for /proc/self holds only as long as the kernel keeps it in its cache.
// The kernel hides the memory and the environment of other processes all the same.
var system = []string{
	"/proc", "/sys/kernel/mm/transparent_hugepage", "/sys/fs/cgroup", "/sys/devices/system/cpu",
	"/dev/urandom", "/etc/localtime", "/usr/share/zoneinfo",
}

// certificates are files that verify a Redis over TLS.
var certificates = []string{"/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates"}

// resolver are files that find the address of a host. They are in all of /etc, because a
// DHCP client replaces /etc/resolv.conf.
var resolver = []string{"/etc", "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", "/run/nscd"}

const dnsPort = 53

// Rules returns the rules that allow n.
func (n Needs) Rules() Rules {
	r := Rules{Read: slices.Clone(system), Bind: n.Ports}
	for _, file := range n.Files {
		r.Read = append(r.Read, directories(file)...)
	}
	r.Execute = releases(n.Program)
	if loader := dynamicLoader(n.Program); loader != "" {
		r.Execute = append(r.Execute, loader)
		r.Read = append(r.Read, libraries...)
	}
	for _, file := range n.Sockets {
		r.Make = append(r.Make, directories(file)...)
	}
	switch {
	case n.Redis.Socket != "":
		r.Connect = directories(n.Redis.Socket)
	case n.Redis.Port == 0:
		r.AnyPort = true
	default:
		r.Ports = []uint16{n.Redis.Port}
	}
	if n.Redis.Lookup {
		r.Lookup = true
		r.Read = append(r.Read, resolver...)
		r.Connect = append(r.Connect, resolver...)
		r.Ports = append(r.Ports, dnsPort) // for long answers
	}
	if n.Redis.Secured {
		r.Read = append(r.Read, certificates...)
	}
	return r
}

// enforced are what the kernel restricts since a version of Landlock.
var enforced = []struct {
	since int
	what  string
}{
	{1, "files"}, {1, "programs"}, {3, "truncate"}, {4, "TCP ports"}, {6, "signals"}, {6, "abstract sockets"}, {9, "socket files"}, {10, "UDP"},
}

// Enforced returns what that version of Landlock restricts, and what it leaves alone.
func Enforced(version int) (restricted, left []string) {
	for _, e := range enforced {
		if version >= e.since {
			restricted = append(restricted, e.what)
		} else {
			left = append(left, e.what)
		}
	}
	return restricted, left
}
