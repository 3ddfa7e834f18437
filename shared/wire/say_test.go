package wire

import (
	"strings"
	"testing"
	"time"
)

func frame(message string) []byte {
	return []byte(`{"command":"new_message","message":"` + message + `","nonce":"` + string(goldenNonce) + `"}`)
}

func TestParseSay_DecodesTheText(t *testing.T) {
	for _, tt := range []struct{ what, in, want string }{
		{"plain", `hi`, "hi"},
		{"escapes", `\"\\\/a\tb\nc`, "\"\\/a\tb\nc"},
		{"escaped letters", `\u0063af\u00e9\u00C9`, "caféÉ"},
		{"escaped pair", `\ud83c\uDF75`, "🍵"},
		{"two escaped pairs", `\ud83c\udf75\ud83c\udf75`, "🍵🍵"},
		{"a backslash before what looks like a surrogate", `\\ud800`, `\ud800`},
		{"a line break before a backslash", `a\n\\udc00`, "a\n\\udc00"},
		{"trimmed", `  a\r\nb `, "a\nb"},
		{"line separators", "a\u2028b", "a\u2028b"},
		{"no HTML in it", `<b>&amp;</b>`, "<b>&amp;</b>"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			say, refusal := ParseSay(frame(tt.in))
			if refusal != nil || say.Text.String() != tt.want || say.Nonce != goldenNonce {
				t.Errorf("%+q, %q, %v", say.Text, say.Nonce, refusal)
			}
			text, refusal := ParseClassicSay(frame(tt.in))
			if refusal != nil || text != say.Text {
				t.Errorf("classic: %+q, %v", text, refusal)
			}
		})
	}
}

// These frames cannot be golden frames, which are valid JSON. The test also checks whether the
// refusal names the nonce.
func TestParseSay_Refuses(t *testing.T) {
	nonce := `"nonce":"` + string(goldenNonce) + `"`
	for _, tt := range []struct {
		what, in string
		code     Code
		nonce    Nonce
	}{
		{"invalid UTF-8 in the text", string(frame("a\xffb")), CodeBadText, goldenNonce},
		{"surrogate in UTF-8", string(frame("a\xed\xa0\x80b")), CodeBadText, goldenNonce},
		{"invalid UTF-8 in a key", `{"command":"new_message","message":"hi","a` + "\xff" + `":1,` + nonce + `}`, CodeBadText, goldenNonce},
		{"invalid UTF-8 in the nonce", `{"command":"new_message","message":"hi","nonce":"0123456789abcdef` + "\xff" + `"}`, CodeBadText, ""},
		{"invalid UTF-8 between", `{"command":"new_message",` + "\xff" + `"message":"hi",` + nonce + `}`, CodeBadText, ""},
		{"invalid UTF-8 alone", "\xff", CodeBadText, ""},
		{"invalid UTF-8 and no command", `{"message":"` + "\xff" + `",` + nonce + `}`, CodeBadText, goldenNonce},
		{"nothing", "", CodeBadFrame, ""},
		{"nil-like", "null", CodeBadFrame, ""},
		{"two objects", string(frame("hi")) + string(frame("hi")), CodeBadFrame, ""},
		{"deep", strings.Repeat("[", 60000), CodeBadFrame, ""},
		{"deep extra key", `{"a":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, CodeBadFrame, ""},
		{"unknown command", `{"command":"delete","message":"hi",` + nonce + `}`, CodeBadFrame, goldenNonce},
		{"no message", `{"command":"new_message",` + nonce + `}`, CodeBadFrame, goldenNonce},
		{"the last of equal keys counts", `{"command":"new_message","message":"hi","message":1,` + nonce + `}`, CodeBadFrame, goldenNonce},
		{"null for a nonce", `{"command":"new_message","message":"hi","nonce":null}`, CodeBadFrame, ""},
		{"bad nonce before bad text", `{"command":"new_message","message":"","nonce":"x"}`, CodeBadNonce, ""},
		{"empty", string(frame("")), CodeEmpty, goldenNonce},
		{"control character", string(frame(`\u0000`)), CodeBadText, goldenNonce},
		{"lone high surrogate at the end", string(frame(`a\ud83c`)), CodeBadText, goldenNonce},
		{"lone high surrogate before another escape", string(frame(`\ud83c\n`)), CodeBadText, goldenNonce},
		{"two high surrogates", string(frame(`\ud83c\ud83c\udf75`)), CodeBadText, goldenNonce},
		{"low surrogate after a pair", string(frame(`\ud83c\udf75\udf75`)), CodeBadText, goldenNonce},
		{"a backslash, then a lone surrogate", string(frame(`\\\udf75`)), CodeBadText, goldenNonce},
		{"2001 characters", string(frame(strings.Repeat("x", 2001))), CodeTooLong, goldenNonce},
		{"above 8 KiB", string(frame(strings.Repeat("🇸🇪", 1025))), CodeTooLong, goldenNonce},
	} {
		t.Run(tt.what, func(t *testing.T) {
			say, refusal := ParseSay([]byte(tt.in))
			if refusal == nil {
				t.Fatalf("said %+v", say)
			}
			if refusal.Code != tt.code || refusal.Nonce != tt.nonce || refusal.Detail == "" || say != (Say{}) {
				t.Errorf("%+v, refusal %+v; want %q %q", say, *refusal, tt.code, tt.nonce)
			}
		})
	}
}

// The limit of frames lets the longest text through in its longest spelling.
func TestMaxFrameBytes_HoldsTheLongestText(t *testing.T) {
	escaped := string(frame(strings.Repeat(`\u0061`, MaxTextBytes)))
	if len(escaped) > MaxFrameBytes {
		t.Errorf("%d bytes", len(escaped))
	}
}

func TestRefusal_ErrorSaysCodeAndDetailOnly(t *testing.T) {
	r := Refusal{Nonce: goldenNonce, Code: CodeTooLong, Detail: "at most so many", RetryAfter: time.Second}
	if got := r.Error(); got != "too_long: at most so many" {
		t.Errorf("%q", got)
	}
	r.Detail = ""
	if got := r.Error(); got != "too_long" {
		t.Errorf("%q", got)
	}
}
