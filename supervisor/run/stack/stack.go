// Package stack runs all of Chatter as an ordinary user: nginx, a Redis of its own, two httpd
// and two wsd under supervisord, in one directory and with the files that a VM uses. `make up`
// and the tests of the whole use it.
//
// It knows the paths and the addresses of the processes, but not their protocols.
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

// Options configure a stack.
type Options struct {
	// Dir holds configuration, sockets, logs and data. Start creates it if it is missing, and
	// keeps the data and the secret of an earlier run. Its path must be short, because it holds
	// sockets.
	Dir string

	Port int      // of nginx on 127.0.0.1; 0 = a free one
	Bin  string   // directory of httpd and wsd; "" = built from the workspace
	Env  []string // CHATTER_* settings of the services; they replace the stack's own

	// Limits of nginx per address class; 0 = those of a VM. Load from one machine needs more.
	SocketsPerAddress, HandshakesPerSecond, RequestsPerSecond int

	// Detach lets the stack run on when this process ends. Otherwise the stack ends too, even
	// after a SIGKILL.
	Detach bool
}

// ErrRunning is wrapped by Start if a stack runs in the directory already.
var ErrRunning = errors.New("a stack runs there already")

// ErrPortInUse is wrapped by Start if another process listens on the port.
var ErrPortInUse = errors.New("port is in use")

// Stack is a stack that runs. Its methods may be called from several goroutines.
type Stack struct {
	dir   string
	addr  string
	ended <-chan error // the end of supervisord; nil if it is no child of this process
}

// Limits after which a start or a stop fails. A busy machine must not reach them.
const (
	startLimit    = 5 * time.Minute // without the build
	shutdownLimit = 3 * time.Minute // longer than stopwaitsecs of all programs together
)

// portTries bounds how often Start looks for a free port.
const portTries = 5

// Start starts a stack and returns when every process runs and both services answer through
// nginx. First it ends processes that a killed run has left in the directory. After an error
// nothing runs.
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
	s := &Stack{dir: dir}
	if !s.runs() {
		return nil, fmt.Errorf("attach to stack: none runs in %s", dir)
	}
	addr, err := os.ReadFile(filepath.Join(dir, addressFile))
	if err != nil {
		return nil, fmt.Errorf("attach to stack: %w", err)
	}
	s.addr = strings.TrimSpace(string(addr))
	return s, nil
}

// runs reports whether supervisord listens.
func (s *Stack) runs() bool {
	conn, err := net.Dial("unix", s.socket())
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// Stop stops all processes of the directory, by supervisord if that answers. The data stays. A
// stack that has stopped already is no error.
func (s *Stack) Stop(ctx context.Context) error {
	if _, err := s.Ctl(ctx, "shutdown"); err == nil {
		ctx, cancel := context.WithTimeout(ctx, shutdownLimit)
		Poll(ctx, func() bool { return !s.runs() && len(leftovers(s.dir)) == 0 })
		cancel()
	}
	// A process that still runs has lost its supervisord or did not obey it.
	if err := endLeftovers(ctx, s.dir); err != nil {
		return fmt.Errorf("stop stack: %w", err)
	}
	return nil
}

// StopIn stops the stack in dir, even if its supervisord has ended.
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
