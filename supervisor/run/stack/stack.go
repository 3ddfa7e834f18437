// Package stack runs the whole of Chatter as an ordinary user: nginx, a Redis of its
// own, two httpd and two wsd under supervisord, all in one directory and from the very
// files that a VM uses. `make up` and the tests of the whole start it the same way.
//
// It knows where things lie and how to reach them, nothing of what they say.
package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Options say how a stack is to run.
type Options struct {
	// Dir holds everything: configuration, sockets, logs, data. It is made when it is
	// not there; data and secret of an earlier run are kept. Its path must be short,
	// because sockets lie in it.
	Dir string

	Port int      // of nginx on 127.0.0.1; 0 = a free one
	Bin  string   // where httpd and wsd are; "" = built from the workspace
	Env  []string // CHATTER_* settings of the services; they win over the stack's own

	// Limits of nginx per address class; 0 = those of a VM. Load from one machine wants more.
	SocketsPerAddress, HandshakesPerSecond, RequestsPerSecond int

	// Detach lets the stack live on when this process ends. Otherwise it ends with it,
	// however that happens.
	Detach bool
}

// ErrRunning is wrapped by Start when a stack runs in the directory already.
var ErrRunning = errors.New("a stack runs there already")

// ErrPortInUse is wrapped by Start when somebody else listens on the port.
var ErrPortInUse = errors.New("port is in use")

// Stack is a stack that runs. Its methods may be called from several goroutines.
type Stack struct {
	dir   string
	addr  string
	ended <-chan error // supervisord's end; nil when it is not our child
}

// Limits after which a start or a stop is called hung. They are no measure of speed: a busy
// machine must not reach them.
const (
	startLimit    = 5 * time.Minute // without the build
	shutdownLimit = 3 * time.Minute // longer than stopwaitsecs of all programs together
)

// portTries bounds how often Start looks for a free port.
const portTries = 5

// Start starts a stack and returns when every process runs and both services answer
// through nginx. Processes that a killed run left behind in the directory are ended first.
// On an error nothing is left running.
func Start(ctx context.Context, o Options) (*Stack, error) {
	dir, err := checkDir(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("start stack: %w", err)
	}
	o.Dir = dir
	if s, err := Attach(dir); err == nil {
		return nil, fmt.Errorf("start stack in %s: %w, at %s", dir, ErrRunning, s.URL())
	}
	if err := endLeftovers(ctx, dir); err != nil {
		return nil, fmt.Errorf("start stack: %w", err)
	}
	for try := 1; ; try++ {
		s, err := start(ctx, o)
		if err == nil {
			return s, nil
		}
		if o.Port == 0 && errors.Is(err, ErrPortInUse) && try < portTries {
			continue
		}
		return nil, fmt.Errorf("start stack: %w", err)
	}
}

func start(ctx context.Context, o Options) (*Stack, error) {
	addr, err := freeAddr(net.JoinHostPort("127.0.0.1", strconv.Itoa(o.Port)))
	if err != nil {
		return nil, err
	}
	env, err := prepare(ctx, o, addr)
	if err != nil {
		return nil, err
	}
	s := &Stack{dir: o.Dir, addr: addr}
	if err := s.launch(env, o.Detach); err != nil {
		return nil, err
	}
	if err := s.awaitReady(ctx); err != nil {
		err = fmt.Errorf("%w\n%s", err, LogEnds(o.Dir))
		err = errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
		// Another process may have taken the port before nginx did.
		_, taken := freeAddr(addr)
		return nil, errors.Join(taken, err)
	}
	return s, nil
}

// Attach returns the stack that runs in dir, detached or of another process.
func Attach(dir string) (*Stack, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("attach to stack: %w", err)
	}
	if !answers(filepath.Join(dir, "supervisor.sock")) {
		return nil, fmt.Errorf("attach to stack: none runs in %s", dir)
	}
	addr, err := os.ReadFile(filepath.Join(dir, addressFile))
	if err != nil {
		return nil, fmt.Errorf("attach to stack: %w", err)
	}
	return &Stack{dir: dir, addr: strings.TrimSpace(string(addr))}, nil
}

// Stop stops everything that runs in the directory, in good order where it can. The
// data stays. A stack that has stopped already is no error.
func (s *Stack) Stop(ctx context.Context) error {
	if _, err := s.Ctl(ctx, "shutdown"); err == nil {
		ctx, cancel := context.WithTimeout(ctx, shutdownLimit)
		Poll(ctx, func() bool { return !answers(filepath.Join(s.dir, "supervisor.sock")) && len(leftovers(s.dir)) == 0 })
		cancel()
	}
	// A process that is still there has lost its supervisord or did not obey it.
	if err := endLeftovers(ctx, s.dir); err != nil {
		return fmt.Errorf("stop stack: %w", err)
	}
	return nil
}

// StopIn stops the stack in dir, also one whose supervisord is gone.
func StopIn(ctx context.Context, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("stop stack: %w", err)
	}
	return (&Stack{dir: dir}).Stop(ctx)
}

// Poll waits until cond holds. It returns false if ctx ends first.
func Poll(ctx context.Context, cond func() bool) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
