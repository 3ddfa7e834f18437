// Package clients_test has WebSocket clients of other projects talk both protocols to wsd through
// nginx. Chatter's own client and tests could share an error.
package clients_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
	"github.com/google/go-cmp/cmp"
)

// checks are the steps that each client must report, in this order.
var checks = []string{
	"handshake", "say", "text", "retry", "refused", "resume", "gap",
	"close 4401", "close 4404", "close 1009", "fragments", "ping", "goodbye",
	"classic", "classic resume", "index",
	"rate limit", // on a site with limits
}

func TestMain(m *testing.M) { os.Exit(fixture.Main(m)) }

func TestClients_TalkBothProtocols(t *testing.T) {
	s := fixture.Start(t, stack.Options{Env: []string{"CHATTER_LIMITS=off"}})
	// A slow machine must be able to send messages faster than this.
	limited := fixture.Start(t, stack.Options{Env: []string{"CHATTER_SAY_RATE=0.01"}})
	for name, prepare := range map[string]func(*testing.T) *exec.Cmd{
		"ws": prepareWS, "python3-websockets": preparePython,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program := prepare(t)
			var told bytes.Buffer
			talk := func(s *stack.Stack, checks ...string) {
				t.Helper()
				cmd := exec.CommandContext(t.Context(), program.Path, append(program.Args[1:], append([]string{strings.TrimSuffix(s.URL(), "/")}, checks...)...)...)
				var complaint bytes.Buffer
				cmd.Stdout, cmd.Stderr = &told, &complaint
				if err := cmd.Run(); err != nil {
					t.Errorf("%v\n%s%s", err, told.Bytes(), complaint.Bytes())
				}
			}
			talk(s, checks[:len(checks)-1]...)
			talk(limited, checks[len(checks)-1])
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
