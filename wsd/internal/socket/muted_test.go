package socket

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"chatter/shared/session"
	"chatter/shared/wire"
)

// author returns the author that a client with this header is.
func (f *fixture) author(header http.Header) session.Author {
	f.t.Helper()
	s, err := f.keys.FromRequest(&http.Request{Header: header}, time.Now(), f.site("http"))
	if err != nil {
		f.t.Fatal(err)
	}
	return s.Author
}

func (m *fakeMutes) mute(author session.Author, left time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.muted = map[session.Author]time.Duration{author: left}
}

// A muted author is refused on each socket, reads on, and is told for how long.
func TestMuted_AuthorIsRefused(t *testing.T) {
	muted := new(fakeMutes)
	f := newFixture(t, func(o *Options) { o.Mutes = muted })
	ann, ben := f.header(), f.header()
	first, second := f.dialAs("/ws/chat/room/?since=0", ann, wire.Subprotocol), f.dialAs("/ws/chat/room/?since=0", ann, wire.Subprotocol)
	classic, other := f.dialAs("/ws/chat/room/?since=0", ann), f.dialAs("/ws/chat/room/?since=0", ben, wire.Subprotocol)
	first.say("before")
	ack := first.until("ack")
	muted.mu.Lock()
	if want := []wire.ID{ack.ID}; !slices.Equal(muted.stored, want) {
		t.Errorf("marks of %v, want %v", muted.stored, want)
	}
	muted.mu.Unlock()

	muted.mute(f.author(ann), 90*time.Minute)
	for _, c := range []*client{first, second} {
		nonce := c.say("muted")
		if e := c.until("refused"); e.Code != wire.CodeMuted || e.Nonce != nonce || e.RetryAfter != 90*60 {
			t.Errorf("refused: %+v", e)
		}
	}
	classic.send(`{"message":"muted"}`)
	classic.send(`{"message":"muted"}`)
	other.say("by another")
	other.until("ack")
	for _, c := range []*client{first, second, classic} {
		for c.until("message").Message != "by another" {
		}
	}
	if got, want := f.said("room"), []string{"before", "by another"}; !slices.Equal(got, want) {
		t.Errorf("stored is %q, want %q", got, want)
	}
	if n := f.server.Counts().Refused.Load(); n != 0 {
		t.Errorf("%d refusals are counted at once", n)
	}
}

func TestMuted_NothingIsStoredBeforeMutesAreKnown(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.Mutes = &fakeMutes{unread: true} })
	c := f.dial("/ws/chat/room/?since=0")
	c.say("too early")
	if e := c.until("refused"); e.Code != wire.CodeUnavailable {
		t.Errorf("refused: %+v", e)
	}
}
