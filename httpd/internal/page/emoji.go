package page

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

const (
	maxEmoji = 8 // a message with more of them stays small
	// maxEmojiUnits counts UTF-16, as scripts do. A family of four takes 11 units, a flag
	// of letters 14.
	maxEmojiUnits = maxEmoji * 40
)

// onlyEmoji tells whether a text is one to eight emoji, with or without spaces: such a
// message is shown large. message.js has the same rule, so that no row changes its height
// when the script starts; testdata/emoji.json tests both.
func onlyEmoji(text string) bool {
	if len(text) > 3*maxEmojiUnits || len(utf16.Encode([]rune(text))) > maxEmojiUnits {
		return false
	}
	const noBreak = '\uFEFF' // white space to a script
	packed := strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == noBreak }), "")
	n := 0
	for clusters := graphemes.FromString(packed); clusters.Next(); n++ {
		if n == maxEmoji || !isPicture(clusters.Value()) {
			return false
		}
	}
	return n > 0
}

// isPicture tells whether a cluster is drawn as a picture: by itself, by a variation
// selector, by a skin tone, as a flag or as a keycap. Joined emoji are one cluster. A
// single flag letter is a letter.
func isPicture(cluster string) bool {
	const selector, keycap = '\uFE0F', "\u20E3"
	first, size := utf8.DecodeRuneInString(cluster)
	rest := cluster[size:]
	second, _ := utf8.DecodeRuneInString(rest)
	switch {
	case isFlagLetter(first):
		return isFlagLetter(second)
	case unicode.Is(emojiPresentation, first):
		return true
	case '0' <= first && first <= '9', first == '#', first == '*':
		return strings.HasPrefix(strings.TrimPrefix(rest, string(selector)), keycap)
	default:
		return (second == selector || isSkinTone(second)) && isPictograph(first)
	}
}

func isFlagLetter(r rune) bool { return 0x1F1E6 <= r && r <= 0x1F1FF }

func isSkinTone(r rune) bool { return 0x1F3FB <= r && r <= 0x1F3FF }

// isPictograph tells whether r has Unicode's property Extended_Pictographic: a joiner
// joins two runes with this property, and no others (UAX #29, GB11).
func isPictograph(r rune) bool {
	const joinedWatch = "\u200D\u231A"
	clusters := graphemes.FromString(string(r) + joinedWatch)
	clusters.Next()
	return !clusters.Next()
}

// emojiPresentation is Unicode's property Emoji_Presentation, from emoji-data.txt 17.0.
var emojiPresentation = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x231A, 0x231B, 1}, {0x23E9, 0x23EC, 1}, {0x23F0, 0x23F0, 1}, {0x23F3, 0x23F3, 1},
		{0x25FD, 0x25FE, 1}, {0x2614, 0x2615, 1}, {0x2648, 0x2653, 1}, {0x267F, 0x267F, 1},
		{0x2693, 0x2693, 1}, {0x26A1, 0x26A1, 1}, {0x26AA, 0x26AB, 1}, {0x26BD, 0x26BE, 1},
		{0x26C4, 0x26C5, 1}, {0x26CE, 0x26CE, 1}, {0x26D4, 0x26D4, 1}, {0x26EA, 0x26EA, 1},
		{0x26F2, 0x26F3, 1}, {0x26F5, 0x26F5, 1}, {0x26FA, 0x26FA, 1}, {0x26FD, 0x26FD, 1},
		{0x2705, 0x2705, 1}, {0x270A, 0x270B, 1}, {0x2728, 0x2728, 1}, {0x274C, 0x274C, 1},
		{0x274E, 0x274E, 1}, {0x2753, 0x2755, 1}, {0x2757, 0x2757, 1}, {0x2795, 0x2797, 1},
		{0x27B0, 0x27B0, 1}, {0x27BF, 0x27BF, 1}, {0x2B1B, 0x2B1C, 1}, {0x2B50, 0x2B50, 1},
		{0x2B55, 0x2B55, 1},
	},
	R32: []unicode.Range32{
		{0x1F004, 0x1F004, 1}, {0x1F0CF, 0x1F0CF, 1}, {0x1F18E, 0x1F18E, 1}, {0x1F191, 0x1F19A, 1},
		{0x1F1E6, 0x1F1FF, 1}, {0x1F201, 0x1F201, 1}, {0x1F21A, 0x1F21A, 1}, {0x1F22F, 0x1F22F, 1},
		{0x1F232, 0x1F236, 1}, {0x1F238, 0x1F23A, 1}, {0x1F250, 0x1F251, 1}, {0x1F300, 0x1F320, 1},
		{0x1F32D, 0x1F335, 1}, {0x1F337, 0x1F37C, 1}, {0x1F37E, 0x1F393, 1}, {0x1F3A0, 0x1F3CA, 1},
		{0x1F3CF, 0x1F3D3, 1}, {0x1F3E0, 0x1F3F0, 1}, {0x1F3F4, 0x1F3F4, 1}, {0x1F3F8, 0x1F43E, 1},
		{0x1F440, 0x1F440, 1}, {0x1F442, 0x1F4FC, 1}, {0x1F4FF, 0x1F53D, 1}, {0x1F54B, 0x1F54E, 1},
		{0x1F550, 0x1F567, 1}, {0x1F57A, 0x1F57A, 1}, {0x1F595, 0x1F596, 1}, {0x1F5A4, 0x1F5A4, 1},
		{0x1F5FB, 0x1F64F, 1}, {0x1F680, 0x1F6C5, 1}, {0x1F6CC, 0x1F6CC, 1}, {0x1F6D0, 0x1F6D2, 1},
		{0x1F6D5, 0x1F6D8, 1}, {0x1F6DC, 0x1F6DF, 1}, {0x1F6EB, 0x1F6EC, 1}, {0x1F6F4, 0x1F6FC, 1},
		{0x1F7E0, 0x1F7EB, 1}, {0x1F7F0, 0x1F7F0, 1}, {0x1F90C, 0x1F93A, 1}, {0x1F93C, 0x1F945, 1},
		{0x1F947, 0x1F9FF, 1}, {0x1FA70, 0x1FA7C, 1}, {0x1FA80, 0x1FA8A, 1}, {0x1FA8E, 0x1FAC6, 1},
		{0x1FAC8, 0x1FAC8, 1}, {0x1FACD, 0x1FADC, 1}, {0x1FADF, 0x1FAEA, 1}, {0x1FAEF, 0x1FAF8, 1},
	},
}
