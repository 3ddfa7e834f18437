package main

import (
	"strings"
	"testing"
)

func TestDoctor_RefusesAWrongCommandLine(t *testing.T) {
	for _, args := range [][]string{{"doctor", "now"}, {"doctor", "--yaml"}, {"doctor", "--json", "now"}} {
		code, stdout, stderr := chatterctl(t, args...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, "chatterctl doctor [--json]") {
			t.Errorf("%q: %d %q %q", args, code, stdout, stderr)
		}
	}
}
