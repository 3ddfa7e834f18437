package hardentest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// attempt is something that the process tries.
type attempt struct {
	name  string
	since int // version of Landlock that forbids it
	try   func(ground) error
}

// moreFiles is what a reload must not need.
const moreFiles = "a reload that reads another directory"

var forbidden = []attempt{
	{"read /etc/shadow", 1, read("/etc/shadow")},
	{"read /etc/passwd", 1, read("/etc/passwd")},
	{"list /home", 1, list("/home")},
	{"list /root", 1, list("/root")},
	{"list /", 1, list("/")},
	{"list Redis's files", 1, func(g ground) error { return list(g.RedisDir)(g) }},
	{"read a file of Redis", 1, func(g ground) error { return read(g.RedisFile)(g) }},
	{"read another directory", 1, func(g ground) error { return read(g.Other)(g) }},
	{"see where another process works", 1, func(ground) error {
		_, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", os.Getppid()))
		return err
	}},
	{"read another process's memory", 1, read(fmt.Sprintf("/proc/%d/mem", os.Getppid()))},

	{"write to its directory", 1, func(g ground) error { return os.WriteFile(filepath.Join(g.Sockets, "new"), nil, 0o600) }},
	{"write to /tmp", 1, func(ground) error { return os.WriteFile(filepath.Join(os.TempDir(), "chatter-harden"), nil, 0o600) }},
	{"write the secret", 1, func(g ground) error { return os.WriteFile(g.Secret, nil, 0o600) }},
	{"truncate the secret", 3, func(g ground) error { return os.Truncate(g.Secret, 0) }},
	{"remove the secret", 1, func(g ground) error { return os.Remove(g.Secret) }},
	{"rename the secret", 1, func(g ground) error { return os.Rename(g.Secret, g.Secret+".old") }},
	{"make a directory", 1, func(g ground) error { return os.Mkdir(filepath.Join(g.Sockets, "directory"), 0o700) }},
	{"make a symbolic link", 1, func(g ground) error { return os.Symlink("/", filepath.Join(g.Sockets, "link")) }},
	{"link a program to its directory", 1, func(g ground) error { return os.Link(g.Other, filepath.Join(g.Sockets, "hard")) }},

	{"run /bin/sh", 1, execute("/bin/sh", "-c", "true")},
	{"run a program in its directory", 1, func(g ground) error { return execute(filepath.Join(g.Sockets, "tool"))(g) }},
	{"run a program with sudo's bit", 1, execute("/bin/su", "--version")},

	{"connect to another server", 4, func(g ground) error { return connect("tcp", g.Server) }},
	{"listen on a port", 4, func(ground) error {
		var config net.ListenConfig
		config.SetMultipathTCP(false) // The kernel does not restrict it.
		l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err == nil {
			l.Close()
		}
		return err
	}},
	{"signal another process", 6, func(ground) error { return syscall.Kill(os.Getppid(), 0) }},
	{"connect to an abstract socket", 6, func(g ground) error { return connect("unix", g.Abstract) }},
}

var allowed = []attempt{
	{"read the secret that was put in place", 0, func(g ground) error { return read(g.Secret)(g) }},
	{"connect to Redis", 0, func(g ground) error { return connect("tcp", g.Redis) }},
	{"make a socket and remove it", 0, func(g ground) error {
		l, err := net.Listen("unix", filepath.Join(g.Sockets, "another"))
		if err != nil {
			return err
		}
		return l.Close()
	}},
	{"measure itself", 0, func(g ground) error {
		_, metrics, err := ask(g.Admin, "/metrics")
		for _, name := range []string{"process_open_fds", "process_resident_memory_bytes", "process_start_time_seconds"} {
			if err == nil && !strings.Contains(metrics, "\n"+name+" ") {
				err = errors.New("no " + name)
			}
		}
		return err
	}},
	{"profile itself", 0, func(g ground) error {
		status, _, err := ask(g.Admin, "/debug/pprof/heap")
		if err == nil && status != 200 {
			err = fmt.Errorf("status %d", status)
		}
		return err
	}},
	{"have no new privileges in any thread", 0, func(ground) error {
		threads, err := filepath.Glob("/proc/self/task/*/status")
		if err == nil && len(threads) == 0 {
			err = errors.New("no threads")
		}
		for _, thread := range threads {
			status, readErr := os.ReadFile(thread)
			if readErr == nil && !strings.Contains(string(status), "\nNoNewPrivs:\t1\n") { // a thread may have ended
				err = errors.Join(err, fmt.Errorf("%s:\n%s", thread, status))
			}
		}
		return err
	}},
}

func read(path string) func(ground) error {
	return func(ground) error {
		f, err := os.Open(path)
		if err == nil {
			f.Close()
		}
		return err
	}
}

func list(path string) func(ground) error {
	return func(ground) error {
		_, err := os.ReadDir(path)
		return err
	}
}

func execute(name string, args ...string) func(ground) error {
	return func(ground) error { return exec.Command(name, args...).Run() }
}

func connect(network, address string) error {
	c, err := net.DialTimeout(network, address, HangLimit)
	if err == nil {
		c.Close()
	}
	return err
}
