//go:build linux

package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lines are the cells of a table without the padding.
func lines(text string) (got []string) {
	for line := range strings.Lines(text) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	return got
}

func TestPrintRows_HasMediansAndSpreads(t *testing.T) {
	var out strings.Builder
	printRows(&out, []row{
		// In the second turn the machine was twice as slow, and so was the floor.
		{"W1", "CPU per delivery", "µs", map[string][]float64{"floor": {2, 4, 2}, "Chatter": {3, 6.6, 2.5}}},
		{"W3", "memory", "KiB", map[string][]float64{"Chatter": {7.234, 7}}},
		{"W6", "acks", "1,000/s", map[string][]float64{"Chatter": {51.26}, "before": {50}}},
		{"W6", "p99", "ms", map[string][]float64{"Chatter": {9, 20, 12}, "before": {10, 20, 10}}},
	})
	want := []string{
		"measure unit floor Chatter ratio before change",
		"W1 CPU per delivery µs 2 (2..4) 3 (2.5..6.6) 1.50 (1.25..1.65) - -",
		"W3 memory KiB - 7.12 (7..7.23) - - -",
		"W6 acks 1,000/s - 51.3 - 50 +2.5",
		"W6 p99 ms - 12 (9..20) - 10 (10..20) +0.0 (-10.0..+20.0)",
	}
	if diff := cmp.Diff(want, lines(out.String())); diff != "" {
		t.Error(diff)
	}
}
