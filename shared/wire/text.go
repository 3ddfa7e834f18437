package wire

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"chatter/shared/grapheme"
)

// The reasons why a text is refused. ParseText wraps them.
var (
	ErrEmpty   = errors.New("the message is empty")
	ErrTooLong = errors.New("the message is too long")
	ErrBadText = errors.New("the message has something that cannot be sent")
)

// Text is the text of a message. ParseText is the only way to get one that is not empty.
type Text struct{ s string }

// String returns the text, which parses to an equal Text.
func (t Text) String() string { return t.s }

// ParseText returns the text in s with its line breaks as LF and without white space around
// it. The error wraps ErrEmpty, ErrTooLong or ErrBadText and gives the reason in words for a
// guest.
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
	if grapheme.MoreThan(MaxTextClusters, s) {
		return Text{}, fmt.Errorf("%w: at most %d characters", ErrTooLong, MaxTextClusters)
	}
	if i := strings.IndexFunc(s, isForbidden); i >= 0 {
		r, _ := utf8.DecodeRuneInString(s[i:])
		return Text{}, fmt.Errorf("%w: the control character %U", ErrBadText, r)
	}
	if grapheme.TooManyMarks(s) {
		return Text{}, fmt.Errorf("%w: more than %d accents or other marks on one letter", ErrBadText, grapheme.MaxMarks)
	}
	if !grapheme.ShowsSomething(s) {
		return Text{}, fmt.Errorf("%w: nothing of it can be seen", ErrEmpty)
	}
	return Text{s}, nil
}

func isForbidden(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
