package grapheme

import (
	"strings"
	"testing"
	"unicode"
)

// invisible are runes that show nothing, of each kind.
const invisible = " \t\n\u0085\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000" + // spaces
	"\u00ad\u200b\u200c\u200d\u200e\u202e\u2060\u2064\u2066\ufeff\U000e0041" + // format characters
	"\u115f\u1160\u3164\uffa0\u2065\u2800\U0001d159\U00013441\U00013442" + // fillers and blanks
	"\u034f\u180b\ufe00\ufe0e\ufe0f\U000e0100" + // variation selectors
	"\u0301\u0316\u0e31\u20dd\u20e3\u093e" // combining marks

func TestShowsSomething(t *testing.T) {
	for _, r := range invisible {
		if ShowsSomething(string(r)) {
			t.Errorf("%U shows something", r)
		}
	}
	if ShowsSomething("") || ShowsSomething(invisible) {
		t.Error("many invisible characters show something")
	}
	for _, s := range []string{
		"a", "!", "~", "0", "é", "e\u0301", "茶", "찻", "ㅎ", "\u1100", "ا", "अ", "🍵", "❤", "❤\ufe0f", "1\ufe0f\u20e3", "👩\u200d🚀", "🇸🇪",
		"⠁", "\u06dd", "\ue000", "\ufffd", "…", "·", "¨",
	} {
		if !ShowsSomething(s) {
			t.Errorf("%+q shows nothing", s)
		}
	}
}

func FuzzShowsSomething(f *testing.F) {
	for _, s := range []string{"", "a", invisible, "\xff", "\u2800\ufe0f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := ShowsSomething(s)
		if between := ShowsSomething(invisible + s + invisible); between != got {
			t.Errorf("%+q: %v, among invisible characters %v", s, got, between)
		}
		if got != strings.ContainsFunc(s, func(r rune) bool { return ShowsSomething(string(r)) }) {
			t.Errorf("%+q differs from its runes", s)
		}
		if !ShowsSomething(s + "x") {
			t.Errorf("%+q hides a letter", s)
		}
		if !got && strings.ContainsFunc(s, unicode.IsDigit) {
			t.Errorf("%+q has a digit", s)
		}
	})
}
