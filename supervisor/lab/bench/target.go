//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"chatter/shared/wire"
	"chatter/supervisor"
	"chatter/supervisor/run/child"
	"chatter/supervisor/run/stack"
)

// target is a server under load, with all its processes. After a failure its methods do nothing.
type target struct {
	bench    *bench
	failed   error // the first failure
	floor    bool
	addrs    []netip.AddrPort // of the servers, or of nginx; clients take turns
	header   string           // of a handshake
	servers  []*process       // the last one can be restarted
	redis    *process         // nil for none
	tcp      bool             // see scenario
	redisURL string
	nginx    *process // nil for none
	pids     []int    // processes whose processor time counts, without nginx's workers
	dir      string
	files    []*os.File
	restart  func() // starts the last server again after its end, on the same port
}

func (t *target) fail(err error) {
	if t.failed == nil {
		t.failed = err
	}
}

func (b *bench) start(s side, sc scenario) *target {
	t := &target{bench: b, floor: s.bin == "", tcp: sc.tcp}
	t.dir, t.failed = os.MkdirTemp(b.dir, "")
	if !t.floor || sc.wsd == 0 {
		t.startRedis()
	}
	switch {
	case t.floor && sc.wsd == 0:
		t.serve(os.Args[0], floorCommand, "pages", t.redisURL)
	case t.floor:
		t.serve(os.Args[0], floorCommand, strconv.Itoa(max(sc.batch, 1)), "")
	default:
		t.startChatter(s, sc)
	}
	return t
}

// startRedis starts a Redis with the stack's configuration in the target's directory.
func (t *target) startRedis() {
	conf, err := supervisor.Files.ReadFile("redis.conf")
	file, data := filepath.Join(t.dir, "redis.conf"), filepath.Join(t.dir, "redis")
	t.fail(errors.Join(err, os.WriteFile(file, conf, 0o600), os.Mkdir(data, 0o700)))
	port := "0"
	t.redisURL = "unix://" + filepath.Join(t.dir, "redis.sock")
	if t.tcp {
		l := t.listen()
		_, port, _ = net.SplitHostPort(l.Addr().String())
		t.redisURL = "redis://" + l.Addr().String()
		l.Close()
	}
	// Nonces of an hour take more memory than a site's default.
	cmd := exec.Command("redis-server", file, "--maxmemory", "0", "--bind", "127.0.0.1", "--port", port, "--unixsocket", "../redis.sock", "--unixsocketperm", "700")
	cmd.Dir = data
	log, err := os.Create(filepath.Join(t.dir, "redis.log"))
	t.fail(err)
	cmd.Stdout = log
	t.files = append(t.files, log)
	t.redis = t.run(cmd)
	t.untilReady("Redis", func() error {
		_, err := t.redisInfo()
		return err
	})
}

func (t *target) startChatter(s side, sc scenario) {
	t.header = "Cookie: " + s.cookie + "\r\nSec-WebSocket-Protocol: " + wire.Subprotocol + "\r\n"
	program := filepath.Join(s.bin, "wsd")
	if sc.wsd == 0 {
		program = filepath.Join(s.bin, "httpd")
	}
	listen := inherited
	if sc.nginx {
		listen = t.wsdSocket()
	}
	for i := range max(sc.wsd, 1) {
		t.serve(program, "--listen", listen, "--redis", t.redisURL, "--secret-file", t.bench.secret(), "--say-rate", "0")
		if sc.nginx && t.failed == nil {
			t.startNginx()
		}
		if t.failed == nil {
			t.awaitAnswer(t.addrs[i].String())
		}
	}
}

// wsdSocket is where nginx finds wsd, as on a machine of an operator.
func (t *target) wsdSocket() string { return "unix:" + filepath.Join(t.dir, "wsd.sock") }

// awaitAnswer waits until a service has started. wsd answers that there is no such page.
func (t *target) awaitAnswer(addr string) {
	t.untilReady("the service", func() error { return stack.Answers(t.bench.ctx, "http://"+addr) })
}

// untilReady waits for the start of the program whose log is the last file. The failure has the log.
func (t *target) untilReady(what string, ask func() error) {
	var err error
	t.until(what, func() bool {
		err = ask()
		return err == nil
	})
	if t.failed != nil {
		log, _ := os.ReadFile(t.files[len(t.files)-1].Name())
		t.failed = errors.Join(t.failed, err, errors.New(string(log)))
	}
}

// inherited is the --listen of a server that gets its listening socket from bench.
const inherited = "fd:3"

// listen opens a listening socket on a free port of this machine.
func (t *target) listen() *net.TCPListener {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	t.fail(err)
	return l
}

// serve starts a server. Its descriptor 3 is a listening socket, unless the server opens its
// port itself.
func (t *target) serve(program string, args ...string) {
	l := t.listen()
	socket, err1 := l.File()
	log, err2 := os.Create(filepath.Join(t.dir, fmt.Sprintf("%d.log", len(t.servers))))
	t.fail(errors.Join(err1, err2, l.Close()))
	t.files = append(t.files, socket, log) // the log is the last
	if t.tcp && !t.floor {
		args[slices.Index(args, inherited)] = l.Addr().String()
	}
	inherits := t.floor || slices.Contains(args, inherited)
	if !inherits {
		t.fail(socket.Close())
	}
	run := func() *process {
		cmd := exec.Command(program, args...)
		cmd.Stderr = log
		if inherits {
			cmd.ExtraFiles = []*os.File{socket}
		}
		// Older versions do not know the flags.
		cmd.Env = append(os.Environ(), "CHATTER_LIMITS=off", "CHATTER_ALLOW_ROOT=true", "CHATTER_PUBLIC_URL=http://chat.example.org")
		if os.Geteuid() != 0 {
			cmd.Env = append(cmd.Env, "CHATTER_RESTRICT=off") // or only root could read how much memory they use
		}
		if filepath.Base(program) == "httpd" {
			// As chatter.conf says, and with lists that are published before the measurement.
			cmd.Env = append(cmd.Env, "GOMAXPROCS=1", "CHATTER_PRESENCE_EVERY=1s")
		}
		return t.run(cmd)
	}
	t.servers = append(t.servers, run())
	t.addrs = append(t.addrs, l.Addr().(*net.TCPAddr).AddrPort())
	last := len(t.servers) - 1
	t.restart = func() {
		t.pids = t.pids[:len(t.pids)-1]
		t.servers[last] = run()
	}
}

// process is a server that was started for a measurement.
type process struct {
	cmd   *exec.Cmd
	ended <-chan error
}

// run starts a program, which is in PATH or in a directory of the system's servers. It returns
// nil after a failure.
func (t *target) run(cmd *exec.Cmd) *process {
	if cmd.Err != nil {
		cmd.Path, cmd.Err = child.Find(cmd.Args[0])
	}
	if t.failed != nil {
		return nil
	}
	ended, err := child.Start(cmd, syscall.SIGKILL)
	if err != nil {
		t.fail(fmt.Errorf("start %s: %w", cmd.Args[0], err))
		return nil
	}
	t.pids = append(t.pids, cmd.Process.Pid)
	return &process{cmd, ended}
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// stop sends a signal and waits for the end of the process. It does nothing if the process has
// ended, because another process may have its number.
func (p *process) stop(sig os.Signal) {
	if p != nil {
		_ = p.cmd.Process.Signal(sig)
		for range p.ended {
		}
	}
}

func (t *target) stop() {
	t.nginx.stop(os.Interrupt) // a killed nginx leaves its workers behind
	for _, p := range append(t.servers, t.redis) {
		p.stop(os.Kill)
	}
	for _, f := range t.files {
		_ = f.Close()
	}
	_ = os.RemoveAll(t.dir)
}

const startTimeout = time.Minute

// until waits for the start of a program.
func (t *target) until(what string, ready func() bool) {
	ctx, cancel := context.WithTimeout(t.bench.ctx, startTimeout)
	defer cancel()
	if !stack.Poll(ctx, func() bool { return t.failed != nil || ready() }) {
		t.fail(errors.Join(t.bench.ctx.Err(), errors.New(what+" is not ready")))
	}
}
