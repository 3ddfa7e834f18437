//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"chatter/supervisor/lab/bench/floor"
	"chatter/supervisor/test/fixture"

	"github.com/google/go-cmp/cmp"
)

// The test binary is its own floor.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == floorCommand {
		fmt.Fprintln(os.Stderr, floor.Serve(os.Args[2], os.Args[3]))
		os.Exit(1)
	}
	os.Exit(fixture.Main(m))
}

func TestParse_QuickIsOneTurn(t *testing.T) {
	for args, want := range map[string]config{
		"":                                    {runs: 3},
		"--quick --runs 5 --only W":           {quick: true, runs: 1, only: "W"},
		"--bin a --against b --json c":        {runs: 3, bin: "a", against: "b", json: "c"},
		"--runs 7 --only W2 --against before": {runs: 7, only: "W2", against: "before"},
	} {
		got, err := parse(strings.Fields(args), io.Discard)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", args, got, err, want)
		}
	}
}

// Bad flags are reported before anything is built or started.
func TestRun_ReportsBadFlags(t *testing.T) {
	for args, want := range map[string]string{
		"--runs 0":   "--runs is 0",
		"--quick W1": `"W1" is no flag`,
		"--only X":   `--only: no row's name begins with "X"`,
	} {
		err := run(t.Context(), strings.Fields(args), io.Discard, io.Discard)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
}

// A build that cannot be started ends the run with an error that says which.
func TestRun_ReportsABuildThatIsNotThere(t *testing.T) {
	needServers(t)
	dir := t.TempDir()
	err := run(t.Context(), []string{"--bin", dir, "--only", "W3", "--quick"}, io.Discard, io.Discard)
	if err == nil || !strings.HasPrefix(err.Error(), "sign in at Chatter: start "+dir+"/httpd: ") {
		t.Errorf("got %v", err)
	}
}

// Every second turn measures the sides in reverse order, and rows keep their sides apart.
func TestMeasure_TakesTurns(t *testing.T) {
	var order []string
	value := 0.0
	sc := scenario{name: "W0", wsd: 1, run: func(k *talk) []figure {
		value++
		return []figure{{"first", "ms", value}, {"second", "s", -value}}
	}}
	var progress strings.Builder
	b := &bench{ctx: t.Context(), dir: t.TempDir(), begun: time.Now(), progress: &progress}
	rows, err := b.measure([]scenario{sc}, []side{{name: "one"}, {name: "two"}, {name: "three"}}, 3)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(progress.String()) {
		words := strings.Fields(line)
		order = append(order, words[len(words)-1])
	}
	if diff := cmp.Diff(strings.Fields("one two three three two one one two three"), order); diff != "" {
		t.Error(diff)
	}
	want := []row{
		{"W0", "first", "ms", map[string][]float64{"one": {1, 6, 7}, "two": {2, 5, 8}, "three": {3, 4, 9}}},
		{"W0", "second", "s", map[string][]float64{"one": {-1, -6, -7}, "two": {-2, -5, -8}, "three": {-3, -4, -9}}},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
}

// Ctrl-C ends each wait of the bench.
func TestMeasureOn_EndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := &bench{ctx: ctx, dir: t.TempDir()}
	_, err := b.measureOn(side{}, scenario{wsd: 1, rooms: 1, members: 2, run: func(k *talk) []figure {
		k.run(startTimeout, func() bool { cancel(); return false })
		return nil
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
