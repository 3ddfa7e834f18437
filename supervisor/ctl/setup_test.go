package main

import (
	"strings"
	"testing"

	"chatter/supervisor/ctl/internal/setup"

	"github.com/google/go-cmp/cmp"
)

func TestSetup_Options(t *testing.T) {
	want := setup.Options{
		Name: "chat.example.org", ACMEDirectory: "https://x/dir", Email: "a@example.org", AgreeTOS: true, DryRun: true,
	}
	for _, line := range []string{
		"Chat.example.org --acme-directory https://x/dir --email a@example.org --agree-tos --dry-run",
		"--acme-directory=https://x/dir --agree-tos chat.example.org --email=a@example.org --dry-run",
	} {
		got, err := parseSetup(strings.Fields(line))
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%s: %v %s", line, err, d)
		}
	}
	got, err := parseSetup([]string{"a.b", "--behind-proxy", "192.0.2.1, 2001:db8::/48"})
	if d := cmp.Diff(setup.Options{Name: "a.b", Proxies: []string{"192.0.2.1", "2001:db8::/48"}}, got); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
}

func TestSetup_WrongLinesAreExplained(t *testing.T) {
	for line, says := range map[string]string{
		"--agree-tos":            "setup wants one NAME",
		"a.b c.d":                "setup wants one NAME",
		"a.b --no-such":          "not defined: -no-such",
		"localhost":              "not the full name",
		"a.b --behind-proxy ten": `got "ten"`,
	} {
		code, stdout, stderr := chatterctl(t, append([]string{"setup"}, strings.Fields(line)...)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, says) || !strings.Contains(stderr, "--agree-tos") {
			t.Errorf("%q: %d %q %q", line, code, stdout, stderr)
		}
	}
	if code, stdout, stderr := chatterctl(t, "setup", "--help"); code != exitDone || stdout != setupUsage+"\n" || stderr != "" {
		t.Errorf("%d %q %q", code, stdout, stderr)
	}
}
