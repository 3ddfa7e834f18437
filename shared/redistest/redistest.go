// Package redistest starts real redis-servers for tests.
package redistest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"chatter/shared/redisconn"
)

// Server is a redis-server of the test's own, on a Unix socket in a temporary
// directory, with an append-only file.
type Server struct {
	URL string

	t      testing.TB
	dir    string
	args   []string
	cmd    *exec.Cmd
	output *bytes.Buffer
}

// Start starts a redis-server, with further arguments of its own, and stops it
// when the test ends. Where there is no redis-server the test is skipped, or
// fails under CI=true.
func Start(t testing.TB, args ...string) *Server {
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
		os.RemoveAll(dir)
	})
	s.Run()
	return s
}

// Dir is where the server keeps its files.
func (s *Server) Dir() string { return s.dir }

// Run starts the server, after a Kill for one, and waits until it answers.
func (s *Server) Run() {
	s.t.Helper()
	args := append([]string{
		"--port", "0", "--unixsocket", filepath.Join(s.dir, "s"), "--dir", s.dir,
		"--appendonly", "yes", "--appendfsync", "always", "--save", "", "--daemonize", "no",
	}, s.args...)
	s.output = new(bytes.Buffer)
	s.cmd = exec.Command("redis-server", args...)
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	// No server is left behind when the test process is killed.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	client := s.Client()
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for client.Ready(ctx) != nil {
		select {
		case <-ctx.Done():
			s.t.Fatalf("redis-server does not answer:\n%s", s.output)
		case <-tick.C:
		}
	}
}

// Client makes a client of the server. The caller closes it.
func (s *Server) Client() *redisconn.Client {
	s.t.Helper()
	client, err := redisconn.Open(s.URL)
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
