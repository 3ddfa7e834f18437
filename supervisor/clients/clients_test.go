// Package clients_test has WebSocket clients that nobody here wrote talk both protocols
// to wsd through nginx: what Chatter's own client and its own tests agree on could still
// be wrong.
package clients_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chatter/supervisor/stack"
	"github.com/google/go-cmp/cmp"
)

// checks is what every client has to do, in this order: one that leaves something out
// has not passed.
var checks = []string{
	"handshake", "say", "text", "retry", "refused", "rate limit", "resume", "gap",
	"close 4401", "close 4404", "close 1009", "fragments", "ping", "goodbye",
	"classic", "classic resume", "index",
}

func TestClients_TalkBothProtocols(t *testing.T) {
	need(t, "supervisord", "nginx", "redis-server")
	s := startStack(t)
	for name, prepare := range map[string]func(*testing.T) *exec.Cmd{
		"ws": prepareWS, "python3-websockets": preparePython,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := prepare(t)
			cmd.Args = append(cmd.Args, strings.TrimSuffix(s.URL(), "/"))
			var told, complaint bytes.Buffer
			cmd.Stdout, cmd.Stderr = &told, &complaint
			if err := cmd.Run(); err != nil {
				t.Errorf("%v\n%s%s", err, told.Bytes(), complaint.Bytes())
			}
			if diff := cmp.Diff(checks, passed(told.String())); diff != "" {
				t.Errorf("checks (-wanted +passed):\n%s", diff)
			}
		})
	}
}

// passed reads the lines that a client prints.
func passed(told string) []string {
	var names []string
	for line := range strings.Lines(told) {
		if name, ok := strings.CutPrefix(line, "ok "); ok {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return names
}

// startStack starts a stack that ends with the test.
func startStack(t *testing.T) *stack.Stack {
	t.Helper()
	// Not TempDir, whose path may be too long for sockets.
	dir, err := os.MkdirTemp("", "chatter")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's own context has ended by now.
		if err := stack.StopIn(context.Background(), dir); err != nil {
			t.Error(err)
		}
		os.RemoveAll(dir)
	})
	s, err := stack.Start(t.Context(), stack.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// need skips a test on a machine without the programs, unless that machine is a CI.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, name := range programs {
		found := slices.ContainsFunc([]string{"", "/usr/local/sbin", "/usr/sbin"}, func(dir string) bool {
			_, err := exec.LookPath(filepath.Join(dir, name))
			return err == nil
		})
		if !found {
			lacking(t, name+" is not installed")
		}
	}
}

// lacking skips the test, or fails it in a CI.
func lacking(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}
