// Package grapheme has the rules for characters that names and messages share. A character
// is a grapheme cluster (UAX #29): one letter as a reader counts it, with its marks.
package grapheme

import (
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// MaxMarks bounds combining marks in a row. The spelling of every living script needs fewer,
// and more of them would cover other lines of a page.
const MaxMarks = 4

// MoreThan reports whether s has more than n clusters. It stops counting there.
func MoreThan(n int, s string) bool {
	if utf8.RuneCountInString(s) <= n {
		return false // a cluster has at least one rune
	}
	clusters := graphemes.FromString(s)
	for range n {
		if !clusters.Next() {
			return false
		}
	}
	return clusters.Next()
}

// TooManyMarks reports whether s has more than MaxMarks combining marks in a row. Invisible
// format characters neither count nor end a run: between them, any number of marks could
// stand on one letter.
func TooManyMarks(s string) bool {
	run := 0
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			run = 0
		case unicode.Is(unicode.M, r):
			if run++; run > MaxMarks {
				return true
			}
		case run > 0 && !unicode.Is(unicode.Cf, r):
			run = 0
		}
	}
	return false
}
