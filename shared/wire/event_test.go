package wire

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseEvent(t *testing.T) {
	id := ID{1700000000123, 7}
	for _, tt := range []struct {
		what, in string
		want     Event
	}{
		{"message", `{"event":"message","id":"1700000000123-7","message":"hi"}`, Event{Event: EventMessage, ID: id, Message: "hi"}},
		{"message without an ID", `{"event":"message","message":"hi"}`, Event{Event: EventMessage, Message: "hi"}},
		{"message of the original server", `{"message":"hi"}`, Event{Event: EventMessage, Message: "hi"}},
		{"ack", `{"event":"ack","nonce":"0123456789abcdef","id":"1700000000123-7"}`, Event{Event: EventAck, ID: id, Nonce: shortNonce}},
		{"refused", `{"event":"refused","nonce":"0123456789abcdef","code":"rate_limited","detail":"too fast","retry_after":3}`,
			Event{Event: EventRefused, Nonce: shortNonce, Code: CodeRateLimited, Detail: "too fast", RetryAfter: 3}},
		{"refused without a nonce", `{"event":"refused","nonce":"","code":"bad_frame","detail":"","retry_after":0}`, Event{Event: EventRefused, Code: CodeBadFrame}},
		{"removed", `{"event":"removed","id":"1700000000123-7"}`, Event{Event: EventRemoved, ID: id}},
		{"gap", `{"event":"gap"}`, Event{Event: EventGap}},
		{"live", `{"event":"live","cursor":"1700000000123-7"}`, Event{Event: EventLive, Cursor: id}},
		{"recent", `{"event":"recent","users":["a","b"],"rooms":[]}`, Event{Event: EventRecent, Users: []string{"a", "b"}, Rooms: []string{}}},
		{"an event of a newer server", `{"event":"topic","id":5}`, Event{Event: "topic"}},
		{"unknown keys", `{"event":"gap","since":{"a":[1]}}`, Event{Event: EventGap}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			e, err := ParseEvent([]byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, e); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseEvent_Refuses(t *testing.T) {
	for _, in := range []string{
		``, `x`, `{}`, `[]`, `null`, `"message"`, `{"event":"gap"}x`, `{"event":1}`, `{"Event":"gap"}`, `{"event":null,"message":"hi"}`,
		`{"event":"message"}`, `{"event":"message","id":5,"message":"hi"}`, `{"event":"message","id":"5","message":"hi"}`,
		`{"event":"message","id":"1-1","message":null}`, `{"event":"message","id":"1-1","message":"\ud800"}`,
		"{\"event\":\"message\",\"id\":\"1-1\",\"message\":\"\xff\"}",
		`{"event":"ack","nonce":"0123456789abcdef"}`, `{"event":"ack","id":"1-1"}`, `{"event":"ack","nonce":"","id":"1-1"}`,
		`{"event":"refused","code":"empty","detail":"","retry_after":0}`, `{"event":"refused","nonce":"x","code":"empty","detail":"","retry_after":0}`,
		`{"event":"refused","nonce":"","detail":"","retry_after":0}`, `{"event":"refused","nonce":"","code":"empty","retry_after":0}`,
		`{"event":"refused","nonce":"","code":"empty","detail":""}`, `{"event":"refused","nonce":"","code":"empty","detail":"","retry_after":null}`,
		`{"event":"refused","nonce":"","code":"empty","detail":"","retry_after":-1}`, `{"event":"refused","nonce":"","code":"empty","detail":"","retry_after":1.5}`,
		`{"event":"refused","nonce":"","code":"empty","detail":"","retry_after":"1"}`,
		`{"event":"removed"}`, `{"event":"removed","id":5}`,
		`{"event":"live"}`, `{"event":"live","cursor":""}`, `{"event":"live","cursor":0}`,
		`{"event":"recent"}`, `{"event":"recent","users":[]}`, `{"event":"recent","users":[],"rooms":{}}`,
	} {
		e, err := ParseEvent([]byte(in))
		if err == nil || !cmp.Equal(e, Event{}) {
			t.Errorf("%q: %+v, %v", in, e, err)
			continue
		}
		if !strings.HasPrefix(err.Error(), "parse event: ") {
			t.Errorf("%q: error %q", in, err)
		}
	}
}
