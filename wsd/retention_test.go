package main

import (
	"testing"
	"time"

	"chatter/shared/wire"

	"github.com/alicebob/miniredis/v2"
	"github.com/coder/websocket"
)

// In a room that open sockets keep loaded, a message is gone at the retention, for a page
// that opens and for one that comes back, in every process. Neither is told of a gap. Only
// Redis's clock counts, which here is decades behind.
func TestRetention_NoProcessSendsAnExpiredMessage(t *testing.T) {
	t.Parallel()
	redis := miniredis.RunT(t)
	begun := time.Unix(1_000_000_000, 0)
	redis.SetTime(begun)
	var both []*service
	var open []*websocket.Conn
	for i := range 2 {
		both = append(both, startProcess(t, "redis://"+redis.Addr(), "--retention", "1h"))
		both[i].awaitStatus(t, "/readyz", 200)
		open = append(open, both[i].dial(t, "/ws/chat/room/?since=0"))
		until(t, open[i], wire.EventLive)
	}
	say(t, open[0], "soon gone", wire.NewNonce())
	old := awaitAck(t, open[0])

	// first is the first event of a new socket: a message, or live if there is none.
	first := func(s *service, since string) wire.Event {
		ws := s.dial(t, "/ws/chat/room/?since="+since)
		defer ws.CloseNow()
		return next(t, ws)
	}
	for _, s := range both {
		await(t, "the message has come", func() (bool, any) {
			e := first(s, "0")
			return e.ID == old, e
		})
	}
	redis.SetTime(begun.Add(time.Hour + time.Second))
	for i, s := range both {
		await(t, "the message is gone", func() (bool, any) {
			e := first(s, "0")
			return e.Event == wire.EventLive, e
		})
		if e := first(s, old.String()); e.Event != wire.EventLive || e.Cursor != old {
			t.Errorf("process %d: a page that comes back gets %+v, want live at %v", i, e, old)
		}
	}
	say(t, open[1], "later", wire.NewNonce())
	later := awaitAck(t, open[1])
	for i, s := range both {
		await(t, "the next message has come", func() (bool, any) {
			e := first(s, "0")
			return e.ID == later, e
		})
		if e := first(s, old.String()); e.ID != later {
			t.Errorf("process %d: a page that comes back gets %+v, want what followed", i, e)
		}
	}
}
