package main

import (
	"regexp"
	"testing"

	"chatter/shared/redistest"
	"chatter/shared/wire"

	"github.com/coder/websocket"
)

// from opens a socket in a room from an address.
func (v *visitor) from(t *testing.T, s *service, address, room string) *websocket.Conn {
	t.Helper()
	header := v.header()
	header.Set("X-Real-IP", address)
	ws, _, err := websocket.Dial(t.Context(), "http://chatter.test/ws/chat/"+room+"/", &websocket.DialOptions{
		HTTPClient: s.client("public"), Subprotocols: []string{wire.Subprotocol}, HTTPHeader: header,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	return ws
}

// answered says something and returns the answer, an ack or a refusal.
func answered(t *testing.T, ws *websocket.Conn) wire.Event {
	t.Helper()
	nonce := wire.NewNonce()
	say(t, ws, "hello", nonce)
	for {
		if e := next(t, ws); e.Nonce == nonce {
			return e
		}
	}
}

// A class of one process has its limit as soon as another class has talked through another
// process.
func TestLimits_ProcessesKnowOfEachOther(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	a, b := startProcess(t, redis.URL, "--say-rate", "0"), startProcess(t, redis.URL, "--say-rate", "0")
	ann := newVisitor(t, "Ann").from(t, a, "203.0.113.1", "room")
	bob := newVisitor(t, "Bob").from(t, b, "198.51.100.1", "room")
	byClass := regexp.MustCompile(`chatter_refusals_total\{reason="class"\} [1-9]`)
	if e := answered(t, bob); e.Event != "ack" {
		t.Fatalf("Bob's first message: %+v", e)
	}
	if e := answered(t, ann); e.Event != "ack" {
		t.Fatalf("Ann's first message: %+v", e)
	}
	await(t, "Bob is refused because of his class", func() (bool, any) {
		e := answered(t, bob)
		if e.Event != "refused" {
			return false, e
		}
		if e.Code != wire.CodeRateLimited || e.RetryAfter < 1 {
			t.Errorf("refused: %+v", e)
		}
		return byClass.MatchString(b.body(t, "/metrics")), e
	})
	if e := answered(t, ann); e.Event != "ack" {
		t.Errorf("Ann beside Bob: %+v", e)
	}
}
