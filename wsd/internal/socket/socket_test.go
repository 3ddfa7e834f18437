package socket

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"chatter/shared/limits"
	"chatter/shared/refuse"
	"chatter/shared/session"
	"chatter/shared/wire"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

func TestRoom_EverybodyGetsWhatIsSaidAndTheSenderAnAck(t *testing.T) {
	f := newFixture(t)
	a, b := f.dial("/ws/chat/room/?since=0"), f.dial("/ws/chat/ROOM/?since=0")
	a.until("live")
	b.until("live")
	nonce := a.say("hello")
	var ack, message wire.Event
	for range 2 {
		switch e := a.next(); e.Event {
		case "ack":
			ack = e
		case "message":
			message = e
		}
	}
	other := b.until("message")
	if ack.Nonce != nonce || ack.ID != message.ID || message.Message != "hello" {
		t.Errorf("the sender got ack %+v and message %+v", ack, message)
	}
	if diff := cmp.Diff(message, other); diff != "" {
		t.Errorf("the other got something else: %s", diff)
	}
	a.send(`{"command":"new_message","message":"hello","nonce":"` + string(nonce) + `"}`)
	if again := a.until("ack"); again.ID != ack.ID {
		t.Errorf("the same nonce again: ID %v, want %v", again.ID, ack.ID)
	}
	if diff := cmp.Diff([]string{"hello"}, f.said("room")); diff != "" {
		t.Error(diff)
	}
}

func TestRoom_ResumesFromItsCursor(t *testing.T) {
	f := newFixture(t)
	a := f.dial("/ws/chat/room/?since=0")
	for i := range 5 {
		a.say(fmt.Sprint(i))
	}
	var third wire.ID
	for range 5 {
		if e := a.until("message"); e.Message == "2" {
			third = e.ID
		}
	}
	b := f.dial("/ws/chat/room/?since=" + third.String())
	if diff := cmp.Diff([]string{"3", "4"}, b.messages(2)); diff != "" {
		t.Error(diff)
	}
	if live := b.next(); live.Event != "live" || live.Cursor.Compare(third) <= 0 {
		t.Errorf("after the missed ones: %+v", live)
	}
	for _, since := range []string{"1-1", "nonsense", "99999999999999-0"} {
		c := f.dial("/ws/chat/room/?since=" + since)
		if e := c.next(); e.Event != "gap" {
			t.Errorf("since=%s: first event %q, want gap", since, e.Event)
		}
		if got := c.messages(5); got[0] != "0" {
			t.Errorf("since=%s: after the gap %q", since, got)
		}
	}
}

func TestRoom_ClassicClient(t *testing.T) {
	f := newFixture(t)
	page := f.dial("/ws/chat/room/?since=0")
	page.until("live")
	classic := f.dialAs("/ws/chat/room/", f.header())
	classic.send(`{"command":"new_message","message":"with a command"}`)
	classic.send(`{"message":"without"}`)
	classic.send(`{"message":""}`)
	classic.send(`nonsense`)
	classic.send(`{"message":"the end"}`)
	want := []string{"with a command", "without", "the end"}
	if diff := cmp.Diff(want, page.messages(3)); diff != "" {
		t.Error(diff)
	}
	for _, text := range want {
		e := classic.next() // whatever else it got would come up here
		if e.Event != "message" || e.Message != text {
			t.Errorf("the classic client got %+v, want the message %q", e, text)
		}
	}
}

func TestRoom_RefusesAndEverybodyElseNoticesNothing(t *testing.T) {
	const nonce = "nonce-nonce-nonce"
	frame := func(message string) string {
		text, _ := json.Marshal(message)
		return fmt.Sprintf(`{"command":"new_message","message":%s,"nonce":%q}`, text, nonce)
	}
	f := newFixture(t)
	other := f.dial("/ws/chat/room/?since=0")
	other.until("live")
	for _, tt := range []struct {
		name, frame string
		code        wire.Code
		nonce       wire.Nonce
	}{
		{"broken JSON", `{"command":`, wire.CodeBadFrame, ""},
		{"no object", `[1]`, wire.CodeBadFrame, ""},
		{"unknown command", `{"command":"dance","nonce":"` + nonce + `"}`, wire.CodeBadFrame, nonce},
		{"no nonce", `{"command":"new_message","message":"x"}`, wire.CodeBadNonce, ""},
		{"short nonce", `{"command":"new_message","message":"x","nonce":"x"}`, wire.CodeBadNonce, ""},
		{"empty", frame(" \n "), wire.CodeEmpty, nonce},
		{"too many characters", frame(strings.Repeat("a", 2001)), wire.CodeTooLong, nonce},
		{"too many bytes", frame(strings.Repeat("é", 5000)), wire.CodeTooLong, nonce},
		{"invalid UTF-8", `{"command":"new_message","message":"` + "\xff" + `","nonce":"` + nonce + `"}`, wire.CodeBadText, nonce},
		{"half a surrogate pair", `{"command":"new_message","message":"\ud800","nonce":"` + nonce + `"}`, wire.CodeBadText, nonce},
	} {
		c := f.dial("/ws/chat/room/?since=0")
		c.until("live")
		c.send(tt.frame)
		e := c.next()
		if e.Event != "refused" || e.Code != tt.code || e.Nonce != tt.nonce || e.Detail == "" {
			t.Errorf("%s: %+v, want refused as %s", tt.name, e, tt.code)
		}
		_ = c.ws.CloseNow()
	}
	c := f.dial("/ws/chat/room/?since=0")
	c.until("live")
	if err := c.ws.Write(t.Context(), websocket.MessageBinary, []byte{1, 2}); err != nil {
		t.Fatal(err)
	}
	if e := c.next(); e.Code != wire.CodeBadFrame {
		t.Errorf("a binary frame: %+v", e)
	}
	// To say nothing is to ask whether anybody is there, and no failure.
	if n := f.server.Counts().Refused.Load(); n != 10 {
		t.Errorf("%d refusals are counted, want all but the empty message's", n)
	}
	c.say("fine")
	if e := other.next(); e.Message != "fine" {
		t.Errorf("the other one noticed %+v", e)
	}
}

func TestRoom_ClosesOnAFrameThatIsTooBig(t *testing.T) {
	f := newFixture(t)
	c := f.dial("/ws/chat/room/?since=0")
	c.until("live")
	c.send(`{"message":"` + strings.Repeat("x", 3*wire.MaxFrameBytes) + `"}`)
	if code, _ := c.closed(); code != wire.CloseTooBig {
		t.Errorf("closed with %d, want %d", code, wire.CloseTooBig)
	}
}

func TestSocket_CloseCodes(t *testing.T) {
	refused, err := refuse.Parse("refused room")
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, func(o *Options) { o.MaxSockets, o.Refused = 3, refused })
	for _, tt := range []struct {
		name, path string
		header     http.Header
		code       wire.CloseCode
		reason     string
	}{
		{"no session", "/ws/chat/room/", http.Header{}, wire.CloseSignIn, ""},
		{"forged session", "/ws/chat/room/", http.Header{"Cookie": {session.CookieName(f.site("http")) + "=forged"}, "Origin": {f.http.URL}}, wire.CloseSignIn, ""},
		{"no session on the index", "/ws/index/", http.Header{}, wire.CloseSignIn, ""},
		{"bad room", "/ws/chat/a%2Fb/", f.header(), wire.CloseNoRoom, ""},
		{"no room", "/ws/chat//", f.header(), wire.CloseNoRoom, ""},
		{"refused room", "/ws/chat/Refused%20Room/", f.header(), wire.CloseNoRoom, ""},
	} {
		if code, reason := f.dialAs(tt.path, tt.header, wire.Subprotocol).closed(); code != tt.code || reason != tt.reason {
			t.Errorf("%s: closed with %d %q, want %d", tt.name, code, reason, tt.code)
		}
		eventually(t, "the socket is gone", func() bool { return f.server.Open() == 0 })
	}
	for range 3 {
		f.dial("/ws/chat/room/?since=0").until("live")
	}
	for who, header := range map[string]http.Header{"a guest": f.header(), "no session": {}} {
		code, reason := f.dialAs("/ws/chat/room/", header, wire.Subprotocol).closed()
		if code != wire.CloseOverloaded || reason != "retry=1234" {
			t.Errorf("one too many, %s: closed with %d %q", who, code, reason)
		}
	}
}

func TestSay_IsRateLimitedThenClosed(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.Limiter = limiterOf(limits.ForSockets(1e-6, 2)) })
	c := f.dial("/ws/chat/room/?since=0")
	c.until("live")
	c.say("1")
	c.say("2")
	nonce := c.say("3")
	e := c.until("refused")
	if e.Code != wire.CodeRateLimited || e.Nonce != nonce || e.RetryAfter < 1 {
		t.Errorf("the third: %+v", e)
	}
	for range maxOverruns {
		c.say("more")
	}
	if code, _ := c.closed(); code != wire.CloseFlooding {
		t.Errorf("closed with %d, want %d", code, wire.CloseFlooding)
	}
	if diff := cmp.Diff([]string{"1", "2"}, f.said("room")); diff != "" {
		t.Error(diff)
	}
}

func TestSay_IsRefusedWhenItCannotBeStored(t *testing.T) {
	f := newFixture(t)
	f.log.away = true
	c := f.dial("/ws/chat/room/?since=0")
	c.until("live")
	nonce := c.say("x")
	if e := c.next(); e.Event != "refused" || e.Code != wire.CodeUnavailable || e.Nonce != nonce || e.RetryAfter == 0 {
		t.Errorf("%+v", e)
	}
}

func TestSay_SaysThatTheSiteIsFull(t *testing.T) {
	f := newFixture(t)
	f.log.full = true
	c := f.dial("/ws/chat/room/?since=0")
	c.until("live")
	nonce := c.say("x")
	if e := c.next(); e.Event != "refused" || e.Code != wire.CodeFull || e.Nonce != nonce || e.RetryAfter < 20 || e.RetryAfter > 40 {
		t.Errorf("%+v", e)
	}
	if n := f.server.Counts().Unavailable.Load(); n != 0 {
		t.Errorf("%d messages count as unavailable", n)
	}
}

func TestDrain_StoresAcksAndSpreads(t *testing.T) {
	f := newFixture(t)
	f.log.held = make(chan struct{})
	c := f.dial("/ws/chat/room/?since=0")
	c.until("live")
	nonce := c.say("on its way")
	eventually(t, "it is on its way", func() bool { return f.server.pending.Load() == 1 })
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		f.server.Drain(t.Context())
	}()
	f.log.mu.Lock()
	close(f.log.held)
	f.log.mu.Unlock()
	if e := c.until("ack"); e.Nonce != nonce {
		t.Errorf("ack %+v", e)
	}
	if code, reason := c.closed(); code != wire.CloseRestart || reason != "retry=1234" {
		t.Errorf("closed with %d %q", code, reason)
	}
	<-drained
	if f.server.Open() != 0 {
		t.Errorf("%d sockets open after the drain", f.server.Open())
	}
}

func TestIndex_GetsTheNewestRecents(t *testing.T) {
	f := newFixture(t)
	f.server.Index.Publish(wire.AppendRecent(nil, []string{"ann"}, []string{"room"}))
	c := f.dial("/ws/index/")
	if e := c.next(); e.Event != "recent" || !cmp.Equal(e.Users, []string{"ann"}) || !cmp.Equal(e.Rooms, []string{"room"}) {
		t.Errorf("%+v", e)
	}
	c.say("hello?")
	if e := c.next(); e.Code != wire.CodeBadFrame {
		t.Errorf("said on the index: %+v", e)
	}
}

// hangLimit is after how long a test says that something hangs.
const hangLimit = 2 * time.Minute

// eventually waits until cond holds.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	limit := time.After(hangLimit)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-limit:
			t.Fatalf("waited %v until %s", hangLimit, what)
		case <-tick.C:
		}
	}
}
