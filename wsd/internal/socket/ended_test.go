package socket

import (
	"testing"

	"chatter/shared/wire"
)

// Known implements live.Sessions.
func (f *fixture) Known() bool { return true }

// Ended implements live.Sessions.
func (f *fixture) Ended(string) bool { return f.ended.Load() }

// From the moment that the process knows that a session has ended, nothing that it says is
// stored, also before its sockets have been closed.
func TestSocket_OfAnEndedSession(t *testing.T) {
	f := newFixture(t)
	room, index := f.dial("/ws/chat/room/?since=0"), f.dial("/ws/index/")
	room.until("live")
	eventually(t, "both have joined", func() bool { return f.server.Index.Members() == 1 })
	f.ended.Store(true)
	nonce := room.say("too late")
	if e := room.until("refused"); e.Code != wire.CodeUnavailable || e.Nonce != nonce {
		t.Errorf("refused: %+v", e)
	}
	if said := f.said("room"); len(said) > 0 {
		t.Errorf("stored is %q", said)
	}
	f.hub.CheckSessions()
	for name, c := range map[string]*client{"room": room, "index": index, "a new socket": f.dial("/ws/chat/room/")} {
		if code, reason := c.closed(); code != wire.CloseSignIn || reason != "" {
			t.Errorf("%s: closed with %d %q", name, code, reason)
		}
	}
}
