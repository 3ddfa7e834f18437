package wire

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// The reasons why a text is refused. ParseText wraps them.
var (
	ErrEmpty   = errors.New("the message is empty")
	ErrTooLong = errors.New("the message is too long")
	ErrBadText = errors.New("the message has something that cannot be sent")
)

// Text is the text of a message that may be said. ParseText is the only way to
// get one that is not empty.
type Text struct{ s string }

// String returns the text, which parses to an equal Text.
func (t Text) String() string { return t.s }

// ParseText returns the text in s with its line breaks as LF and without white
// space around it. The error wraps ErrEmpty, ErrTooLong or ErrBadText, and its
// text says in plain words what is wrong.
func ParseText(s string) (Text, error) {
	if strings.Contains(s, "\r") {
		s = strings.ReplaceAll(s, "\r\n", "\n")
		s = strings.ReplaceAll(s, "\r", "\n")
	}
	s = strings.TrimSpace(s)
	if s == "" {
		return Text{}, ErrEmpty
	}
	if len(s) > MaxTextBytes {
		return Text{}, fmt.Errorf("%w: at most %d bytes, and many characters take several", ErrTooLong, MaxTextBytes)
	}
	if !utf8.ValidString(s) {
		return Text{}, fmt.Errorf("%w: broken characters (invalid UTF-8)", ErrBadText)
	}
	if moreClusters(s, MaxTextClusters) {
		return Text{}, fmt.Errorf("%w: at most %d characters", ErrTooLong, MaxTextClusters)
	}
	if err := checkRunes(s); err != nil {
		return Text{}, err
	}
	return Text{s}, nil
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

// checkRunes refuses control characters and long runs of combining marks.
// Invisible format characters neither count nor end a run of marks, or they
// could be strewn in to pile up any number of them.
func checkRunes(s string) error {
	marks := 0
	for _, r := range s {
		switch {
		case unicode.IsControl(r):
			if r != '\n' && r != '\t' {
				return fmt.Errorf("%w: the control character %U", ErrBadText, r)
			}
			marks = 0
		case r < utf8.RuneSelf:
			marks = 0
		case unicode.Is(unicode.M, r):
			if marks++; marks > MaxMarks {
				return fmt.Errorf("%w: more than %d accents or other marks on one letter", ErrBadText, MaxMarks)
			}
		case marks > 0 && !unicode.Is(unicode.Cf, r):
			marks = 0
		}
	}
	return nil
}
