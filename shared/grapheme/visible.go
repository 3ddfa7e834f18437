package grapheme

import "unicode"

// blank are letters and symbols that show nothing, although their category says otherwise.
var blank = map[rune]bool{
	'\u2800':     true, // the Braille cell without dots
	'\U0001d159': true, // the musical null notehead
	'\U00013441': true, // the full blank hieroglyph
	'\U00013442': true, // the half blank hieroglyph
}

// ShowsSomething reports whether a reader sees something of s. Spaces, control and format
// characters, fillers and variation selectors show nothing; combining marks show nothing
// without the letter that they belong to.
func ShowsSomething(s string) bool {
	for _, r := range s {
		if shows(r) {
			return true
		}
	}
	return false
}

func shows(r rune) bool {
	switch {
	case r < unicode.MaxASCII:
		return r > ' '
	case unicode.Is(unicode.Prepended_Concatenation_Mark, r): // the only visible format characters
		return true
	}
	return !blank[r] && !unicode.In(r, unicode.Z, unicode.M, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point)
}
