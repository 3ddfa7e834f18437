package wire

import (
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func addGolden(f *testing.F, files ...string) {
	for _, file := range files {
		for _, g := range readGolden(f, file) {
			f.Add([]byte(g.Frame))
		}
	}
}

func FuzzParseSay(f *testing.F) {
	addGolden(f, "frames.json", "classic.json")
	f.Add(frame("a\xffb"))
	f.Add(frame(`\ud83c\udf75\ud83c`))
	f.Add(frame(`\\\ud83c\\`))
	f.Add(frame(`\ud83c\fdf75`)) // a form feed, then letters
	f.Add(frame(`\udfF5\ud83c`))
	f.Add(frame("a\u007f"))
	f.Add([]byte(`{"mesr!ge":"\udc`))
	f.Add([]byte("{\"comman\xa0u-\f\xd7"))
	f.Fuzz(func(t *testing.T, b []byte) {
		say, refusal := ParseSay(b)
		if refusal != nil {
			wantRefusal(t, b, refusal)
			if say != (Say{}) {
				t.Errorf("%q is refused and yet %+v", b, say)
			}
			return
		}
		wantGood(t, say.Text.String())
		if _, err := ParseNonce(string(say.Nonce)); err != nil {
			t.Errorf("%q: nonce %q", b, say.Nonce)
		}
		if !utf8.Valid(b) || !json.Valid(b) {
			t.Errorf("%q is taken", b)
		}
		// A text that was accepted is accepted again in its parsed form.
		again := append([]byte(`{"command":"new_message","nonce":"`+string(say.Nonce)+`","message":`), quote(say.Text.String())...)
		if other, refusal := ParseSay(append(again, '}')); refusal != nil || other != say {
			t.Errorf("%q said again: %+v, %v", b, other, refusal)
		}
		if text, refusal := ParseClassicSay(b); refusal != nil || text != say.Text {
			t.Errorf("%q in the classic protocol: %q, %v", b, text, refusal)
		}
	})
}

func FuzzParseClassicSay(f *testing.F) {
	addGolden(f, "frames.json", "classic.json")
	f.Fuzz(func(t *testing.T, b []byte) {
		text, refusal := ParseClassicSay(b)
		if refusal != nil {
			wantRefusal(t, b, refusal)
			if refusal.Nonce != "" || text != (Text{}) {
				t.Errorf("%q: %q, %+v", b, text, refusal)
			}
			return
		}
		wantGood(t, text.String())
	})
}

// wantRefusal holds a refusal against what may be sent back.
func wantRefusal(t *testing.T, b []byte, r *Refusal) {
	t.Helper()
	switch r.Code {
	case CodeBadFrame, CodeEmpty, CodeTooLong, CodeBadText, CodeBadNonce:
	default:
		t.Errorf("%q: code %q", b, r.Code)
	}
	if r.Detail == "" || r.RetryAfter != 0 {
		t.Errorf("%q: %+v", b, r)
	}
	e, err := ParseEvent(AppendRefused(nil, *r))
	if err != nil || e.Nonce != r.Nonce || e.Code != r.Code || e.Detail != r.Detail {
		t.Errorf("%+v comes back as %+v, %v", r, e, err)
	}
}

func FuzzParseEvent(f *testing.F) {
	addGolden(f, "frames.json", "classic.json")
	f.Add([]byte(`{"event":"refused","nonce":"","code":"empty","detail":"","retry_after":4294967296}`))
	f.Add([]byte(`{"event":"recent","users":["\ud800"],"rooms":[]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseEvent(b)
		if err != nil {
			return
		}
		var again []byte
		switch e.Event {
		case EventMessage:
			if e.ID.IsZero() {
				return
			}
			again = AppendMessage(nil, e.ID, e.Message)
		case EventAck:
			again = AppendAck(nil, e.Nonce, e.ID)
		case EventRefused:
			again = AppendRefused(nil, Refusal{e.Nonce, e.Code, e.Detail, time.Duration(e.RetryAfter) * time.Second})
		case EventGap:
			again = AppendGap(nil)
		case EventLive:
			again = AppendLive(nil, e.Cursor)
		case EventRecent:
			again = AppendRecent(nil, e.Users, e.Rooms)
		default:
			return
		}
		other, err := ParseEvent(again)
		if err != nil || !cmp.Equal(e, other) {
			t.Errorf("%q read as %+v comes back as %+v, %v", b, e, other, err)
		}
	})
}
