package name

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"chatter/shared/grapheme"

	"golang.org/x/text/secure/precis"
)

// Limits of a name's enforced form.
const (
	MaxClusters = 25  // characters as a reader counts them (grapheme clusters, UAX #29), as in the original Chatter
	MaxBytes    = 200 // a cluster has no size limit of its own, and names stand in addresses, cookies and Redis keys
	MaxMarks    = grapheme.MaxMarks
)

// maxInput bounds the work on a name. Enforcing shortens names, runs of spaces for one, but
// no useful spelling is as long as this.
const maxInput = 1 << 10

// maxRounds bounds the applications of the profile until its output is stable: once, and
// RFC 8266 section 2.1 allows three more.
const maxRounds = 4

func parse(s string) (parsed, error) {
	if len(s) > maxInput {
		return parsed{}, ErrTooLong
	}
	if strings.TrimSpace(s) == "" {
		return parsed{}, ErrEmpty
	}
	if !grapheme.ShowsSomething(s) {
		return parsed{}, ErrInvisible
	}
	enforced, ok := stable(withoutSelectors(s), precis.Nickname.String)
	if !ok {
		if grapheme.TooManyMarks(s) {
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

// withoutSelectors removes the variation selectors that choose between the colourful and the
// plain form of an emoji. Phones add them to some emoji, and both forms are one name.
func withoutSelectors(s string) string {
	const plain, colourful = '\ufe0e', '\ufe0f'
	if !strings.ContainsRune(s, plain) && !strings.ContainsRune(s, colourful) || !utf8.ValidString(s) {
		return s
	}
	before := ' '
	return strings.Map(func(r rune) rune {
		emoji := before == 'ℹ' || !unicode.In(before, unicode.L, unicode.M, unicode.Z, unicode.C)
		before = r
		if emoji && (r == plain || r == colourful) {
			return -1
		}
		return r
	}, s)
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
	case len(enforced) > MaxBytes || grapheme.MoreThan(MaxClusters, enforced):
		return ErrTooLong
	case grapheme.TooManyMarks(enforced):
		return ErrMarks
	case !grapheme.ShowsSomething(enforced):
		// The profile takes a symbol such as U+00A8 for a space with a mark.
		return ErrInvisible
	}
	return nil
}
