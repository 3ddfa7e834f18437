package name

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"golang.org/x/text/secure/precis"
)

// Limits of a name's enforced form. A test of package wire checks that messages have the
// same rule for marks.
const (
	MaxClusters = 25  // characters as a reader counts them (grapheme clusters, UAX #29), as in the original Chatter
	MaxBytes    = 200 // a cluster has no size limit of its own, and names stand in addresses, cookies and Redis keys
	MaxMarks    = 4   // combining marks in a row: more than any living script's spelling needs, too few to paint over other lines
)

// maxInput bounds the work on a name. Enforcing shortens names, runs of spaces for one, but
// no useful spelling is as long as this.
const maxInput = 1 << 10

// maxRounds bounds the applications of the profile until its output is stable: once, and
// RFC 8266 section 2.1 allows three more.
const maxRounds = 4

// parsed is a name of either kind.
type parsed struct{ enforced, key string }

func parse(s string) (parsed, error) {
	if len(s) > maxInput {
		return parsed{}, ErrTooLong
	}
	if strings.TrimSpace(s) == "" {
		return parsed{}, ErrEmpty
	}
	enforced, ok := stable(s, precis.Nickname.String)
	if !ok {
		if tooManyMarks(s) {
			// Normalizing breaks a very long run of marks with a character that the
			// profile refuses. The marks are the reason to report.
			return parsed{}, ErrMarks
		}
		return parsed{}, ErrCharacter
	}
	if err := check(enforced); err != nil {
		return parsed{}, err
	}
	key, ok := stable(enforced, precis.Nickname.CompareKey)
	if !ok {
		return parsed{}, ErrCharacter
	}
	return parsed{enforced, key}, nil
}

// stable applies a rule of the profile until the result stays the same. It returns false if
// the rule refuses s, as it does with invalid UTF-8.
func stable(s string, rule func(string) (string, error)) (string, bool) {
	for range maxRounds {
		next, err := rule(s)
		if err != nil {
			return "", false
		}
		if next == s {
			return s, true
		}
		s = next
	}
	return "", false
}

// check applies Chatter's own rules to an enforced form. Before enforcing they would miss
// single characters that stand for "a/c" or for "..".
func check(enforced string) error {
	switch {
	case strings.Contains(enforced, "/"):
		// Some proxies and servers treat %2F as a slash.
		return ErrSlash
	case enforced == "." || enforced == "..":
		// Browsers and proxies remove these path segments.
		return ErrDots
	case len(enforced) > MaxBytes || moreClusters(enforced, MaxClusters):
		return ErrTooLong
	case tooManyMarks(enforced):
		return ErrMarks
	}
	return nil
}

// moreClusters reports whether s has more than n grapheme clusters.
func moreClusters(s string, n int) bool {
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

// tooManyMarks reports whether s has more than MaxMarks combining marks in a row. Invisible
// format characters neither count nor end a run: between them, any number of marks could
// stand on one letter.
func tooManyMarks(s string) bool {
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
