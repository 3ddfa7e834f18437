package wire

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"chatter/shared/grapheme"
)

func FuzzParseID(f *testing.F) {
	for _, s := range []string{"0-0", "1700000000123-0", "18446744073709551615-18446744073709551616", "01-0", "1-+1", "1", "1-1-1", "0-00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		if err != nil {
			if !id.IsZero() {
				t.Errorf("%q is refused and yet %v", s, id)
			}
			return
		}
		if id.String() != s {
			t.Errorf("%q is written %q", s, id)
		}
		id.Time()
	})
}

func FuzzParseText(f *testing.F) {
	for _, s := range []string{
		"hi", " \r\n ", "a\r\r\nb", "a\x00", "\xff", "\u0085", "👩\u200d🚀", "a\u0316\u0317\u200d\u0318\u0319\u031c", "\u2028a\u2028",
		strings.Repeat("x", 2001), strings.Repeat("🇸", 2049), "\ufeff", "\u00ad\u0316",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, err := ParseText(s)
		if err != nil {
			if !errors.Is(err, ErrEmpty) && !errors.Is(err, ErrTooLong) && !errors.Is(err, ErrBadText) || text != (Text{}) {
				t.Errorf("%+q: %+q, %v", s, text, err)
			}
			return
		}
		wantGood(t, text.String())
		if again, err := ParseText(text.String()); err != nil || again != text {
			t.Errorf("%+q parsed again: %+q, %v", text, again, err)
		}
	})
}

// wantGood holds a text against the rules, put in other words than in the code.
func wantGood(t *testing.T, s string) {
	t.Helper()
	if s == "" || len(s) > MaxTextBytes || !utf8.ValidString(s) || strings.TrimSpace(s) != s {
		t.Errorf("%+q is a text", s)
	}
	if !strings.ContainsFunc(s, func(r rune) bool { return grapheme.ShowsSomething(string(r)) }) {
		t.Errorf("%+q shows nothing", s)
	}
	inRow := 0
	for _, r := range s {
		if unicode.Is(unicode.Cc, r) && r != '\n' && r != '\t' {
			t.Errorf("%+q holds %U", s, r)
		}
		if inRow++; !unicode.IsMark(r) {
			inRow = 0
		}
		if inRow > grapheme.MaxMarks {
			t.Errorf("%+q has %d marks in a row", s, inRow)
		}
	}
}

func FuzzParseNonce(f *testing.F) {
	for _, s := range []string{"0123456789abcdef", "0123456789abcde", "0123456789abcdé", "AbCdEfGhIjKlMnOpQrSt_-", strings.Repeat("-", 65)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		good := len(s) >= minNonceLen && len(s) <= maxNonceLen && strings.Trim(s, letters) == ""
		if n, err := ParseNonce(s); (err == nil) != good || good && string(n) != s || !good && n != "" {
			t.Errorf("%q: %q, %v", s, n, err)
		}
	})
}

func FuzzParseRetryReason(f *testing.F) {
	for _, s := range []string{"retry=0", "retry=1500", "retry=99999999", "retry=100000000", "retry=-1", "retry=007", "retry=", "bye"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := ParseRetryReason(s)
		if !ok {
			if d != 0 {
				t.Errorf("%q asks for nothing and yet %v", s, d)
			}
			return
		}
		if d < 0 || d > 28*time.Hour {
			t.Errorf("%q asks for %v", s, d)
		}
		if again, ok := ParseRetryReason(RetryReason(d)); !ok || again != d {
			t.Errorf("%q comes back as %v, %v", s, again, ok)
		}
	})
}

// FuzzQuote holds our JSON against the standard library's reading.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "hi", "<\"\\\n\x00\x7f\u2028\ufffd", "\xff\xed\xa0\x80", "🍵"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var back string
		if err := json.Unmarshal([]byte(quote(s)), &back); err != nil {
			t.Fatalf("%+q: %v", s, err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); back != want {
			t.Errorf("%+q comes back as %+q", want, back)
		}
	})
}
