package limits

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestAttackWatch(t *testing.T) {
	var out bytes.Buffer
	w := newAttackWatch(slog.New(slog.NewTextHandler(&out, nil)))
	var c refusals
	now := start
	pass := func(seconds, each int, r Reason) (lines []string) {
		out.Reset()
		for range seconds {
			for range each {
				c[r].Add(1)
			}
			now = now.Add(time.Second)
			w.look(&c, now)
		}
		return strings.Split(strings.TrimSpace(out.String()), "\n")
	}
	expect := func(what string, lines []string, want ...string) {
		t.Helper()
		if len(lines) != 1 {
			t.Errorf("%s: %d lines: %q", what, len(lines), lines)
		}
		for _, part := range want {
			if !strings.Contains(lines[0], part) {
				t.Errorf("%s: %q lacks %q", what, lines[0], part)
			}
		}
		if len(want) == 0 && lines[0] != "" {
			t.Errorf("%s: %q", what, lines[0])
		}
	}
	expect("a guest who is too fast", pass(120, 1, BySession))
	expect("an attack", pass(30, 50, ByClass), "an attack begins", "class=")
	expect("it goes on", pass(30, 50, ByRoom))
	expect("a pause", pass(50, 0, ByRoom))
	expect("it goes on after a pause", pass(10, 50, ByRoom))
	expect("calm", pass(300, 0, ByRoom), "the attack is over", "class=1450", "room=2000", "seconds=")
	expect("another one", pass(300, 50, BySignIn), "an attack begins", "signin=")
}
