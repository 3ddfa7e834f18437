package wire

import (
	"errors"
	"strings"
	"testing"

	"chatter/shared/name"
)

func TestParseText(t *testing.T) {
	const seventeen = "0123456789abcdefg" // what 327 lines of flags leave of 8 KiB
	for _, tt := range []struct{ what, in, want string }{
		{"plain", "hi", "hi"},
		{"trimmed", " \t\r\n hi \u3000\u0085\n", "hi"},
		{"line breaks", "a\r\nb\rc\nd\r\n\r\ne", "a\nb\nc\nd\n\ne"},
		{"mixed line breaks", "a\r\r\nb", "a\n\nb"},
		{"inner white space", "a \t b\n\n\tc", "a \t b\n\n\tc"},
		{"script", "<script>alert(1)</script>", "<script>alert(1)</script>"},
		{"joiner emoji", "👩\u200d🚀❤\ufe0f", "👩\u200d🚀❤\ufe0f"},
		{"tag flag", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"},
		{"couple with heart", "👩\u200d❤\ufe0f\u200d👨", "👩\u200d❤\ufe0f\u200d👨"},
		{"keycap", "1\ufe0f\u20e3", "1\ufe0f\u20e3"},
		{"arabic", "السَّلَامُ عَلَيْكُمْ", "السَّلَامُ عَلَيْكُمْ"},
		{"hebrew with points", "בְּרֵאשִׁ֖ית", "בְּרֵאשִׁ֖ית"},
		{"thai", "ที่นี่", "ที่นี่"},
		{"devanagari", "क्ष्म्य", "क्ष्म्य"},
		{"sinhala with a joiner", "ශ්\u200dරී", "ශ්\u200dරී"},
		{"not normalized", "e\u0301", "e\u0301"},
		{"replacement character as typed", "a\ufffdb", "a\ufffdb"},
		{"four marks", "a\u0316\u0317\u0318\u0319b\u0316", "a\u0316\u0317\u0318\u0319b\u0316"},
		{"2000 characters", strings.Repeat("x", 2000), strings.Repeat("x", 2000)},
		{"2000 characters of two runes", strings.Repeat("x\u0316", 2000), strings.Repeat("x\u0316", 2000)},
		{"8 KiB", strings.Repeat("🇸🇪", 1024), strings.Repeat("🇸🇪", 1024)},
		{"8 KiB after trimming", strings.Repeat(" ", 10000) + strings.Repeat("🇸🇪", 1024), strings.Repeat("🇸🇪", 1024)},
		{"8 KiB once line breaks are one byte", strings.Repeat("🇸🇪🇸🇪🇸🇪\r\n", 327) + seventeen, strings.Repeat("🇸🇪🇸🇪🇸🇪\n", 327) + seventeen},
	} {
		t.Run(tt.what, func(t *testing.T) {
			text, err := ParseText(tt.in)
			if err != nil || text.String() != tt.want {
				t.Fatalf("%+.60q, %v", text, err)
			}
			if again, err := ParseText(text.String()); err != nil || again != text {
				t.Errorf("parsed again: %+.60q, %v", again, err)
			}
		})
	}
}

func TestParseText_Refuses(t *testing.T) {
	for _, tt := range []struct {
		what, in string
		want     error
	}{
		{"nothing", "", ErrEmpty},
		{"white space", " \t\r\n\u3000\u2028", ErrEmpty},
		{"a Hangul filler", "\u3164", ErrEmpty},
		{"Braille blanks", "\u2800 \u2800\n\u2800", ErrEmpty},
		{"zero-width characters", "\u200b\u200d\ufeff", ErrEmpty},
		{"variation selectors", "\ufe0f\U000e0100", ErrEmpty},
		{"only marks", "\u0301\u0316", ErrEmpty},
		{"2001 characters", strings.Repeat("x", 2001), ErrTooLong},
		{"2001 characters of two runes", strings.Repeat("x\u0316", 2001), ErrTooLong},
		{"a byte above 8 KiB", strings.Repeat("🇸🇪", 1024) + "x", ErrTooLong},
		{"megabyte", strings.Repeat("x", 1<<20), ErrTooLong},
		{"NUL", "a\x00b", ErrBadText},
		{"backspace", "a\bb", ErrBadText},
		{"escape", "a\x1b[31mb", ErrBadText},
		{"DEL", "a\x7fb", ErrBadText},
		{"next line", "a\u0085b", ErrBadText},
		{"C1", "a\u009bb", ErrBadText},
		{"vertical tab", "a\vb", ErrBadText},
		{"invalid UTF-8", "a\xffb", ErrBadText},
		{"cut UTF-8", "a\xe2\x82", ErrBadText},
		{"surrogate in UTF-8", "a\xed\xa0\x80b", ErrBadText},
		{"overlong", "a\xc0\xafb", ErrBadText},
		{"five marks", "a\u0316\u0317\u0318\u0319\u031c", ErrBadText},
		{"five marks, nothing before them", "\u0316\u0317\u0318\u0319\u031c", ErrBadText},
		{"five marks around a joiner", "a\u0316\u0317\u200d\u0318\u0319\u031c", ErrBadText},
		{"five enclosing marks", "a\u20dd\u20dd\u20dd\u20dd\u20dd", ErrBadText},
	} {
		t.Run(tt.what, func(t *testing.T) {
			text, err := ParseText(tt.in)
			if !errors.Is(err, tt.want) || text != (Text{}) {
				t.Errorf("%+.60q, %v; want %v", text, err, tt.want)
			}
		})
	}
}

func TestParseText_HasTheMarkRuleOfNames(t *testing.T) {
	const marks = "\u0316\u0317\u0318\u0319\u031c\u031d" // no two of them compose or change places
	for n := 0; n <= len(marks); n += 2 {
		for _, s := range []string{"a" + marks[:n] + "b", "क\u094d\u200d" + marks[:n]} {
			_, textErr := ParseText(s)
			_, nameErr := name.ParseRoom(s)
			if errors.Is(textErr, ErrBadText) != errors.Is(nameErr, name.ErrMarks) {
				t.Errorf("%+q: as a text %v, as a name %v", s, textErr, nameErr)
			}
		}
	}
}
