package grapheme

import (
	"strings"
	"testing"
)

func TestMoreThan(t *testing.T) {
	for _, tt := range []struct {
		s        string
		clusters int
	}{
		{"", 0}, {"abc", 3}, {"é", 1}, {"e\u0301", 1}, {"👩\u200d🚀", 1}, {"क्\u200dष", 1}, {"茶馆", 2}, {"\r\n", 1},
		{strings.Repeat("👩\u200d🚀", 50), 50},
	} {
		for n := range tt.clusters + 3 {
			if got := MoreThan(n, tt.s); got != (tt.clusters > n) {
				t.Errorf("%+q has %d clusters: more than %d: %v", tt.s, tt.clusters, n, got)
			}
		}
	}
}

func TestTooManyMarks(t *testing.T) {
	marks := strings.Repeat("\u0316", MaxMarks)
	for _, tt := range []struct {
		s    string
		want bool
	}{
		{"", false}, {"a" + marks + "b" + marks, false}, {"茶" + marks + "茶" + marks, false},
		{"a" + marks + "\u0316", true}, {marks + "\u0316", true},
		{"a" + marks + "\u200d\u0316", true}, // an invisible character does not end a run
		{"a" + marks + " \u0316", false},
	} {
		if got := TooManyMarks(tt.s); got != tt.want {
			t.Errorf("%+q: %v", tt.s, got)
		}
	}
}
