package main

import (
	"context"
	"io"
	"log/slog"
	"os/exec"
	"strings"
	"testing"
	"time"

	"chatter/supervisor/test/fixture"
)

func TestBackoff(t *testing.T) {
	var wait time.Duration
	var got []time.Duration
	for range 8 {
		wait = backoff(wait, time.Second)
		got = append(got, wait)
	}
	for i, w := range got {
		if want := min(backoffLeast<<i, backoffMost); w != want {
			t.Errorf("wait %d is %v, want %v", i, w, want)
		}
	}
	if got := backoff(backoffMost, steady); got != backoffLeast {
		t.Errorf("after a steady run: %v, want %v", got, backoffLeast)
	}
}

func TestKeeper_StartsWhatEndsAgain(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	starts := 0
	k := &keeper{Name: "x", Logger: slog.New(slog.DiscardHandler), Output: io.Discard, Patience: fixture.HangLimit, Command: func(ctx context.Context) *exec.Cmd {
		starts++
		if starts == 3 {
			cancel()
		}
		if starts == 2 {
			return exec.CommandContext(ctx, "/no/such/program")
		}
		return exec.CommandContext(ctx, "false")
	}}
	k.run(ctx)
	if starts != 3 {
		t.Errorf("%d starts, want 3", starts)
	}
}

func TestKeeper_KillsWhatDoesNotStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &screen{}
	k := &keeper{Name: "x", Logger: slog.New(slog.DiscardHandler), Output: out, Patience: 10 * time.Millisecond, Command: func(ctx context.Context) *exec.Cmd {
		return exec.CommandContext(ctx, "sh", "-c", "trap '' TERM; echo deaf; exec tail -f /dev/null")
	}}
	ended := make(chan struct{})
	go func() { k.run(ctx); close(ended) }()
	fixture.Await(t, "the process is deaf", func() bool { return strings.Contains(out.String(), "deaf") }, out.String)
	cancel()
	select {
	case <-ended:
	case <-time.After(fixture.HangLimit):
		t.Error("still running")
	}
}
func TestLines(t *testing.T) {
	for name, c := range map[string]struct {
		writes []string
		want   string
	}{
		"a line":                {[]string{"one\n"}, "x\tone\n"},
		"two lines in a write":  {[]string{"one\ntwo\n"}, "x\tone\nx\ttwo\n"},
		"a line in two writes":  {[]string{"on", "e\n"}, "x\tone\n"},
		"an end without a line": {[]string{"one\ntw"}, "x\tone\n"},
		"a line without an end": {[]string{strings.Repeat("y", longestLine)}, "x\t" + strings.Repeat("y", longestLine) + "\n"},
	} {
		var b strings.Builder
		l := &lines{w: &b, name: "x"}
		for _, w := range c.writes {
			if n, err := l.Write([]byte(w)); n != len(w) || err != nil {
				t.Errorf("%s: %d, %v", name, n, err)
			}
		}
		if b.String() != c.want {
			t.Errorf("%s: %.100q, want %.100q", name, b.String(), c.want)
		}
	}
}
