package name

import (
	"net/url"
	"path"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var seeds = []string{
	"tea", " Go  Fans ", "Ｇｏ", "غرفة", "ห้องน้ำชา", "क्\u200dष", "茶馆", "🍵", "👩\u200d🚀", "..", "‥", "℀", "a/b",
	"a\u0316\u0317\u0318\u0319\u031c", "\xff", "İstanbul", "ΣΊΣΥΦΟΣ", "ﷺ", "\u00a8", "\u0344", "ẞ", "\u1100\u1161\u11a8",
	"\u0344A", "\U0001f469\u2100", "c\u0316\u0331\u0318\u0319\u031c", "\u02dc\u06f3/", "\U00011298Z",
	"❤\ufe0f", "1\ufe0f\u20e3", "\u2800", "\u3164", "\u2800\u0301", "\u00b4\ufe0f",
}

func FuzzParseRoom(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		room, err := ParseRoom(s)
		user, userErr := ParseUser(s)
		if err != userErr || room.String() != user.String() || room.Key() != user.Key() {
			t.Errorf("users and rooms differ over %+q: %v, %v", s, err, userErr)
		}
		if err != nil {
			if !room.IsZero() {
				t.Errorf("%+q is refused and yet %+q", s, room)
			}
			return
		}
		wantGood(t, room.String())
		if again, err := ParseRoom(room.String()); err != nil || again != room {
			t.Errorf("%+q parsed again: %+v, %v", room, again, err)
		}
		p := room.Path()
		if back, err := url.PathUnescape(p); err != nil || back != "/chat/"+room.String()+"/" {
			t.Errorf("path %q of %+q comes back as %+q, %v", p, room, back, err)
		}
		if path.Clean(p)+"/" != p || strings.Count(p, "/") != 3 || strings.ContainsAny(p, "?# {}") {
			t.Errorf("path %q does not survive a proxy", p)
		}
	})
}

func FuzzParseRoomPath(f *testing.F) {
	for _, s := range seeds {
		f.Add(url.PathEscape(s))
		f.Add(s + "/messages/")
	}
	f.Add("%zz")
	f.Add("%2e%2e")
	f.Fuzz(func(t *testing.T, escaped string) {
		room, enforced, err := ParseRoomPath(escaped)
		if err != nil {
			if !room.IsZero() || enforced {
				t.Errorf("%q is refused and yet %+q, %v", escaped, room, enforced)
			}
			return
		}
		wantGood(t, room.String())
		rest := strings.TrimPrefix(room.Path(), "/chat/")
		if again, enforced, err := ParseRoomPath(rest); err != nil || again != room || !enforced {
			t.Errorf("%q leads to %q: %+v, %v, %v", escaped, rest, again, enforced, err)
		}
		segment, _, _ := strings.Cut(escaped, "/")
		if decoded, _ := url.PathUnescape(segment); enforced != (decoded == room.String()) {
			t.Errorf("%q: enforced %v, room %+q", escaped, enforced, room)
		}
	})
}

func FuzzParseUser(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		user, err := ParseUser(s)
		if err != nil {
			return
		}
		wantGood(t, user.String())
		if again, err := ParseUser(user.String()); err != nil || again != user {
			t.Errorf("%+q parsed again: %+v, %v", user, again, err)
		}
		// A key is not always a name (a small letter may be longer than its
		// capital), but where it is, it is a spelling of the same one.
		if other, err := ParseUser(user.Key()); err == nil && other.Key() != user.Key() {
			t.Errorf("key %+q of %+q has the key %+q", user.Key(), user, other.Key())
		}
		if strings.ContainsAny(user.EscapedKey(), "{}/ ") {
			t.Errorf("escaped key %q", user.EscapedKey())
		}
	})
}

// wantGood holds an enforced form against the rules, put in other words than
// in the code.
func wantGood(t *testing.T, s string) {
	t.Helper()
	if s == "" || s == "." || s == ".." || len(s) > MaxBytes || !utf8.ValidString(s) || strings.Contains(s, "/") {
		t.Errorf("%+q is a name", s)
	}
	if strings.TrimSpace(s) != s || strings.Contains(s, "  ") {
		t.Errorf("%+q has spaces to lose", s)
	}
	if !strings.ContainsFunc(s, func(r rune) bool {
		return r != '\u2800' && unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.IsMark(r)
	}) {
		t.Errorf("%+q shows nothing", s)
	}
	inRow := 0
	for _, r := range s {
		if unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			t.Errorf("%+q holds %U", s, r)
		}
		if inRow++; !unicode.IsMark(r) {
			inRow = 0
		}
		if inRow > MaxMarks {
			t.Errorf("%+q has %d marks in a row", s, inRow)
		}
	}
}
