// Package redistest starts real redis-servers for tests: one, a Cluster, a
// primary with a Sentinel; and a slow way to any of them.
package redistest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"chatter/shared/redisconn"
)

// hangLimit is after how long a test says that something hangs. Nothing that works comes
// near it: a failover of a Sentinel, the slowest, takes some 15 s.
const hangLimit = 2 * time.Minute

// Server is a redis-server of the test's own, on a Unix socket in a temporary
// directory, with an append-only file.
type Server struct {
	URL string

	t      testing.TB
	dir    string
	conf   []string // what stands before the options
	args   []string
	cmd    *exec.Cmd
	output *Output
}

// Start starts a redis-server, with further arguments of its own, and stops it
// when the test ends. Where there is no redis-server the test is skipped, or
// fails under CI=true.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	s := prepare(t, args...)
	s.Run()
	return s
}

// prepare makes a server that does not run yet.
func prepare(t testing.TB, args ...string) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is missing")
		}
		t.Skip("redis-server is missing")
	}
	// Not t.TempDir: its long names do not fit into a socket's address.
	dir, err := os.MkdirTemp("", "redis")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{URL: "unix://" + filepath.Join(dir, "s"), t: t, dir: dir, args: args}
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() && s.output != nil {
			t.Logf("the last lines of redis-server:\n%s", s.output.Tail())
		}
		os.RemoveAll(dir)
	})
	return s
}

// Dir is where the server keeps its files.
func (s *Server) Dir() string { return s.dir }

// Run starts the server, after a Kill for one, and waits until it answers.
func (s *Server) Run() {
	s.t.Helper()
	s.Begin()
	client := s.Client()
	defer client.Close()
	await(s.t, "redis-server answers", func(ctx context.Context) (bool, string) {
		err := client.Ready(ctx)
		return err == nil, fmt.Sprint(err)
	})
}

// Begin starts the server, with further arguments for this time, and does not
// wait: it may be loading for long.
func (s *Server) Begin(args ...string) {
	s.t.Helper()
	s.output = new(Output)
	s.cmd = exec.Command("redis-server", slices.Concat(s.conf, []string{
		"--port", "0", "--unixsocket", filepath.Join(s.dir, "s"), "--dir", s.dir,
		"--appendonly", "yes", "--appendfsync", "always", "--save", "", "--daemonize", "no",
		"--maxmemory", "400mb", "--slowlog-log-slower-than", "-1", "--crash-log-enabled", "no",
		"--repl-diskless-sync", "yes", "--repl-diskless-load", "swapdb",
	}, s.args, args)...)
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	EndWithParent(s.cmd)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
}

// Client makes a client of the server. The caller closes it.
func (s *Server) Client() *redisconn.Client {
	s.t.Helper()
	return s.open(s.URL)
}

// PatientClient makes a client that waits long for a slow server, where that of Client sends its
// command again.
func (s *Server) PatientClient() *redisconn.Client {
	s.t.Helper()
	return s.open(s.URL + "?read_timeout=2m&write_timeout=2m")
}

func (s *Server) open(address string) *redisconn.Client {
	s.t.Helper()
	client, err := redisconn.Open(address)
	if err != nil {
		s.t.Fatal(err)
	}
	return client
}

// Pid is the process id of the server.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// Kill kills the server, as kill -9 does, and waits until it is gone.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// Snapshot copies what the server has on disk. The function it returns kills
// the server, puts the copy in its place, and starts it: Redis has gone back in
// time.
func (s *Server) Snapshot() (restore func()) {
	s.t.Helper()
	data, copied := filepath.Join(s.dir, "appendonlydir"), filepath.Join(s.dir, "copy")
	if err := os.CopyFS(copied, os.DirFS(data)); err != nil {
		s.t.Fatal(err)
	}
	return func() {
		s.t.Helper()
		s.Kill()
		if err := os.RemoveAll(data); err != nil {
			s.t.Fatal(err)
		}
		if err := os.Rename(copied, data); err != nil {
			s.t.Fatal(err)
		}
		s.Run()
	}
}

// Do has the server do one thing and returns its answer as text, a line for
// each element of a list.
func (s *Server) Do(args ...any) string {
	s.t.Helper()
	answer, err := s.Try(args...)
	if err != nil {
		s.t.Fatalf("%v: %v", args, err)
	}
	return answer
}

// Try is Do that returns the server's error.
func (s *Server) Try(args ...any) (string, error) {
	s.t.Helper()
	client := s.PatientClient()
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), hangLimit)
	defer cancel()
	cmd := client.Universal().Do(ctx, args...)
	if list, err := cmd.StringSlice(); err == nil {
		return strings.Join(list, "\n"), nil
	}
	answer, err := cmd.Result()
	return fmt.Sprint(answer), err
}

// await waits until cond holds. cond also says what is there instead.
func await(t testing.TB, what string, cond func(context.Context) (holds bool, instead string)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hangLimit)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		holds, instead := cond(ctx)
		if holds {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waited %v until %s; instead: %s", hangLimit, what, instead)
		case <-tick.C:
		}
	}
}
