package name

import (
	"errors"
	"strings"
	"sync"
	"testing"
)

func TestParse_EnforcedForm(t *testing.T) {
	for _, tt := range []struct{ what, in, want string }{
		{"ascii", "Daphne", "Daphne"},
		{"case is kept", "Go Fans", "Go Fans"},
		{"outer spaces go", "  tea  ", "tea"},
		{"inner spaces are one", "go \u00a0\u3000 fans", "go fans"},
		{"full width", "Ｇｏ\u3000Ｆａｎｓ", "Go Fans"},
		{"half-width kana", "ｶﾞ", "ガ"},
		{"composed", "e\u0301", "é"},
		{"ligature", "ﬁsh", "fish"},
		{"arabic", "غرفة الشاي", "غرفة الشاي"},
		{"arabic with vowel marks", "مُحَمَّدٌ", "مُحَمَّدٌ"},
		{"hebrew", "שלום", "שלום"},
		{"thai", "ห้องน้ำชา", "ห้องน้\u0e4dาชา"}, // sara am decomposes under NFKC
		{"devanagari", "चाय की दुकान", "चाय की दुकान"},
		{"devanagari joiner after a virama", "क्\u200dष", "क्\u200dष"},
		{"tamil", "தேநீர்", "தேநீர்"},
		{"chinese", "茶馆", "茶馆"},
		{"japanese", "お茶の間", "お茶の間"},
		{"korean", "찻집", "찻집"},
		{"emoji", "🍵", "🍵"},
		{"emoji with skin tone", "👍🏽", "👍🏽"},
		{"flag", "🇸🇪", "🇸🇪"},
		{"heart as phones type it", "❤\ufe0f", "❤"},
		{"heart as a plain sign", "I ❤\ufe0e tea", "I ❤ tea"},
		{"keycap", "1\ufe0f\u20e3", "1\u20e3"},
		{"keycaps of signs", "#\ufe0f\u20e3*\ufe0f\u20e3", "#\u20e3*\u20e3"},
		{"double exclamation mark", "tea\u203c\ufe0f", "tea!!"},
		{"25 hearts", strings.Repeat("❤\ufe0f", 25), strings.Repeat("❤", 25)},
		{"punctuation", `50% off? #1 {a}[b]\c&d;e="f"<i>`, ""},
		{"three dots", "...", "..."},
		{"ellipsis", "…", "..."},
		{"dots and more", "..a", "..a"},
		{"four marks", "a\u0316\u0317\u0318\u0319", "a\u0316\u0317\u0318\u0319"},
		{"25 letters", strings.Repeat("x", 25), strings.Repeat("x", 25)},
		{"25 clusters of several runes", strings.Repeat("נָּ", 25), strings.Repeat("נָּ", 25)},
		{"25 flags are 200 bytes", strings.Repeat("🇸🇪", 25), strings.Repeat("🇸🇪", 25)},
	} {
		t.Run(tt.what, func(t *testing.T) {
			if tt.what == "punctuation" {
				// 31 characters; each of them is welcome in a name.
				for _, c := range tt.in {
					if s := "a" + string(c) + "b"; mustRoom(t, s).String() != s {
						t.Errorf("%q changed", s)
					}
				}
				return
			}
			room, user := mustRoom(t, tt.in), mustUser(t, tt.in)
			if room.String() != tt.want || user.String() != tt.want {
				t.Errorf("room %+q, user %+q, want %+q", room, user, tt.want)
			}
			if room.IsZero() || user.IsZero() {
				t.Error("a name is zero")
			}
			if again := mustRoom(t, room.String()); again != room {
				t.Errorf("parsed again: %+v, want %+v", again, room)
			}
		})
	}
}

func TestParse_Refuses(t *testing.T) {
	for _, tt := range []struct {
		what, in string
		want     error
	}{
		{"nothing", "", ErrEmpty},
		{"spaces", "   ", ErrEmpty},
		{"ideographic spaces", "\u3000\u3000", ErrEmpty},
		{"line break", "\r\n", ErrEmpty},
		{"26 letters", strings.Repeat("x", 26), ErrTooLong},
		{"26 clusters of two runes", strings.Repeat("ñ\u0316", 26), ErrTooLong},
		{"a ligature that unfolds past the limit", "ﷺﷺ", ErrTooLong},
		{"26 flags", strings.Repeat("🇸🇪", 26), ErrTooLong},
		{"25 clusters but too many bytes", strings.Repeat("a\u0316\u0317\u0318\u0319", 25), ErrTooLong},
		{"megabyte", strings.Repeat("x", 1<<20), ErrTooLong},
		{"more spaces than anybody types", strings.Repeat(" ", 2000) + "tea", ErrTooLong},
		{"slash", "a/b", ErrSlash},
		{"full-width slash", "a／b", ErrSlash},
		{"account of", "℀", ErrSlash},
		{"dot", ".", ErrDots},
		{"dots", "..", ErrDots},
		{"dots among spaces", " .. ", ErrDots},
		{"two-dot leader", "‥", ErrDots},
		{"one-dot leader", "․", ErrDots},
		{"full-width dot", "．", ErrDots},
		{"five marks", "a\u0316\u0317\u0318\u0319\u031c", ErrMarks},
		{"forty marks", "a" + strings.Repeat("\u0316", 40), ErrMarks},
		{"five marks around a joiner", "क\u094d\u200d\u0316\u0317\u0318\u0319", ErrMarks},
		{"NUL", "a\x00b", ErrCharacter},
		{"newline", "a\nb", ErrCharacter},
		{"tab", "a\tb", ErrCharacter},
		{"DEL", "a\x7fb", ErrCharacter},
		{"next line", "a\u0085b", ErrCharacter},
		{"invalid UTF-8", "a\xffb", ErrCharacter},
		{"cut UTF-8", "a\xe2\x82", ErrCharacter},
		{"surrogate in UTF-8", "a\xed\xa0\x80b", ErrCharacter},
		{"overlong slash", "a\xc0\xafb", ErrCharacter},
		{"right-to-left override", "a\u202eb", ErrCharacter},
		{"left-to-right override", "a\u202db", ErrCharacter},
		{"right-to-left embedding", "a\u202bb", ErrCharacter},
		{"isolate", "a\u2067b\u2069", ErrCharacter},
		{"right-to-left mark", "a\u200fb", ErrCharacter},
		{"zero-width space", "a\u200bb", ErrCharacter},
		{"zero-width joiner", "a\u200db", ErrCharacter},
		{"byte order mark", "\ufeffa", ErrCharacter},
		{"line separator", "a\u2028b", ErrCharacter},
		{"Hangul filler", "a\u3164b", ErrCharacter},
		{"joiner emoji", "👩\u200d🚀", ErrCharacter},
		{"family", "👨\u200d👩\u200d👧", ErrCharacter},
		{"a letter with a variation selector", "a\ufe0f", ErrCharacter},
		{"two variation selectors", "❤\ufe0f\ufe0f", ErrCharacter},
		{"a selector in invalid UTF-8", "❤\ufe0f\xff", ErrCharacter},
		{"heart on fire", "❤\ufe0f\u200d🔥", ErrCharacter},
		{"only a Hangul filler", "\u3164", ErrInvisible},
		{"only Braille blanks", "\u2800\u2800", ErrInvisible},
		{"only zero-width spaces", "\u200b\u200b", ErrInvisible},
		{"only a variation selector", "\ufe0f", ErrInvisible},
		{"only a mark", "\u0301", ErrInvisible},
		{"a symbol that becomes a mark", "\u00a8", ErrInvisible},
		{"tag flag", "🏴\U000e0067\U000e0062\U000e007f", ErrCharacter},
		{"private use", "\ue000", ErrCharacter},
		{"noncharacter", "\uffff", ErrCharacter},
		{"unassigned", "a\U000e0fff", ErrCharacter},
	} {
		t.Run(tt.what, func(t *testing.T) {
			room, err := ParseRoom(tt.in)
			if err != tt.want || !room.IsZero() {
				t.Errorf("room %+q, error %v; want %v", room, err, tt.want)
			}
			user, err := ParseUser(tt.in)
			if err != tt.want || !user.IsZero() {
				t.Errorf("user %+q, error %v; want %v", user, err, tt.want)
			}
		})
	}
}

func TestErrors_AreSentencesAndApart(t *testing.T) {
	all := []error{ErrEmpty, ErrInvisible, ErrTooLong, ErrSlash, ErrDots, ErrMarks, ErrCharacter}
	for i, err := range all {
		s := err.Error()
		if !strings.HasSuffix(s, ".") || strings.ToUpper(s[:1]) != s[:1] {
			t.Errorf("%q is no sentence", s)
		}
		for j, other := range all {
			if errors.Is(err, other) != (i == j) {
				t.Errorf("errors.Is(%v, %v) = %v", err, other, i != j)
			}
		}
	}
}

// The profile's tables are shared; parsing must not write to any of them.
func TestParse_IsSafeForConcurrentUse(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if r, err := ParseRoom("Ｇｏ  Fäns"); err != nil || r.Key() != "go fäns" {
					t.Errorf("%q, %v", r.Key(), err)
				}
			}
		})
	}
	wg.Wait()
}

func mustRoom(t *testing.T, s string) Room {
	t.Helper()
	r, err := ParseRoom(s)
	if err != nil {
		t.Fatalf("ParseRoom(%+q): %v", s, err)
	}
	return r
}

func mustUser(t *testing.T, s string) User {
	t.Helper()
	u, err := ParseUser(s)
	if err != nil {
		t.Fatalf("ParseUser(%+q): %v", s, err)
	}
	return u
}
