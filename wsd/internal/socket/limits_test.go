package socket

import (
	"fmt"
	"net/netip"
	"testing"

	"chatter/shared/limits"
	"chatter/shared/wire"
)

// limiterOf returns a limiter with these figures, and classes of its own.
func limiterOf(f limits.Figures) *limits.Limiter {
	return limits.New(limits.Options{
		Figures: f, Classes: limits.NewClasses(nil), Key: []byte("a key of 32 bytes for these tests"),
	})
}

// limited gives a server limits; its clients tell their addresses.
func limited(f limits.Figures) func(*Options) {
	return func(o *Options) {
		o.Classes = limits.NewClasses([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
		o.Limiter = limiterOf(f)
	}
}

// from opens a socket of a new session at an address.
func (f *fixture) from(address, path, protocol string) *client {
	header := f.header()
	header.Set("X-Real-IP", address)
	if protocol == "" {
		return f.dialAs(path, header)
	}
	return f.dialAs(path, header, protocol)
}

// refusals counts what is refused of n messages that a client says.
func refusals(c *client, n int) (refused []wire.Event) {
	for i := range n {
		c.say(fmt.Sprint(i))
	}
	for acked := 0; acked+len(refused) < n; {
		switch e := c.next(); e.Event {
		case "ack":
			acked++
		case "refused":
			refused = append(refused, e)
		}
	}
	return refused
}

func TestSay_SlowStart(t *testing.T) {
	figures := limits.ForSockets(5, 20)
	f := newFixture(t, limited(figures))
	c := f.from("198.51.100.1", "/ws/chat/room/?since=0", wire.Subprotocol)
	c.until("live")
	refused := refusals(c, 10)
	// A slow test may give a few tokens more.
	if len(refused) == 0 {
		t.Fatal("a new session said ten messages at once")
	}
	if e := refused[0]; e.Code != wire.CodeRateLimited || e.RetryAfter < 1 || e.RetryAfter > 2 {
		t.Errorf("%+v", e)
	}
}

// Many sessions of one address have no more in a room than their address, also with the
// classic client.
func TestSay_ClassesCompete(t *testing.T) {
	figures := limits.ForSockets(0, 1)
	figures.ClassInRoom.PerSecond = 1e-6
	f := newFixture(t, limited(figures))
	ann := f.from("203.0.113.1", "/ws/chat/room/?since=0", wire.Subprotocol)
	ann.until("live")
	ann.say("here I am")
	ann.until("ack")
	most := int(figures.ClassInRoom.Burst)
	bob := f.from("198.51.100.1", "/ws/chat/room/?since=0", wire.Subprotocol)
	bob.until("live")
	if got := len(refusals(bob, most+2)); got != 2 {
		t.Errorf("%d refused, want 2", got)
	}
	classic := f.from("198.51.100.1", "/ws/chat/room/", "")
	classic.send(`{"message":"classic"}`)
	eventually(t, "it is refused", func() bool { return f.server.counts.Refused.Load() == 3 })
	if got := len(refusals(ann, most)); got != 0 {
		t.Errorf("%d of the others' messages refused", got)
	}
	for _, text := range f.said("room") {
		if text == "classic" {
			t.Error("a classic client of the address said more")
		}
	}
}

func TestSay_FirstMessagesIntoEmptyRooms(t *testing.T) {
	figures := limits.ForSockets(0, 1)
	figures.First = limits.Rate{Burst: 2, PerSecond: 1e-6}
	f := newFixture(t, limited(figures))
	for i := range 3 {
		c := f.from("198.51.100.1", fmt.Sprintf("/ws/chat/room%d/?since=0", i), wire.Subprotocol)
		c.until("live")
		c.say("first")
		answer := c.next()
		for answer.Event == "message" {
			answer = c.next()
		}
		if refused := answer.Event == "refused"; refused != (i == 2) {
			t.Errorf("room %d: %+v", i, answer)
		}
		if i < 2 && len(refusals(c, 5)) > 0 {
			t.Errorf("room %d: later messages are refused", i)
		}
	}
}
