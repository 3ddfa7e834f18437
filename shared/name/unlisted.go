package name

import (
	"strings"
	"unicode/utf8"

	"go.mau.fi/util/confusable"
)

// Unlisted reports whether the room's name begins with a tilde. Such a room is in no list. A
// sign that looks like a tilde counts, too, and so do those that keyboards have in its place: a
// guest who takes one of them for a tilde must not publish the name.
func (r Room) Unlisted() bool {
	_, size := utf8.DecodeRuneInString(r.parsed.enforced)
	switch first := r.parsed.enforced[:size]; first {
	case "〜", // on Japanese keyboards
		"\u0303": // the profile makes it of a small tilde
		return true
	default:
		return strings.HasPrefix(confusable.Skeleton(first), "~")
	}
}
