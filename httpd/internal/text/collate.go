package text

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

var arabic = language.MustParseScript("Arab")

// SortFunc sorts a list by a name of each element, in the order of the language. Names that
// are equal there are in the order of their bytes. The scripts have the same order
// (collate.js).
func SortFunc[S ~[]E, E any](l *Language, list S, name func(E) string) {
	c := collate.New(l.tag) // not safe for concurrent use
	slices.SortFunc(list, func(a, b E) int {
		x, y := name(a), name(b)
		return cmp.Or(cmp.Compare(l.scriptRank(x), l.scriptRank(y)), c.CompareString(x, y), strings.Compare(x, y))
	})
}

// scriptRank puts Arabic letters before those of other scripts in an Arabic page, as CLDR
// does since a later version than that of golang.org/x/text.
func (l *Language) scriptRank(name string) int {
	first, _ := utf8.DecodeRuneInString(name)
	if script, _ := l.tag.Script(); script != arabic || !unicode.IsLetter(first) || unicode.Is(unicode.Arabic, first) {
		return 0
	}
	return 1
}
