package main

import (
	"strings"
	"testing"
)

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
		l := newLines(&b, "x")
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
