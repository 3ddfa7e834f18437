package socket

import (
	"net"
	"slices"
	"testing"
	"time"

	"chatter/shared/wire"
)

// watched is a connection whose reader does not start, and its peer.
func watched(t *testing.T, p *poller) (c *conn, peer net.Conn) {
	t.Helper()
	near, peer := ends(t)
	c, err := newConn(near)
	if err != nil {
		t.Fatal(err)
	}
	c.socket = new(socket)
	c.reader.Wake()
	if err := p.watch(c); err != nil {
		t.Fatal(err)
	}
	return c, peer
}

func newTestPoller(t *testing.T) *poller {
	t.Helper()
	p, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p
}

// A connection that was cut is forgotten later than its descriptor is used again.
func TestPoller_ForgetsOnlyTheConnectionItself(t *testing.T) {
	p := newTestPoller(t)
	second, peer := watched(t, p)
	first := &conn{fd: second.fd}
	p.forget(first)
	if _, err := peer.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the reader of the second is woken", func() bool { return second.reader.String() == "again" })
	p.forget(second)
	if p.conns[second.fd] != nil {
		t.Error("the second is not forgotten")
	}
}

// More sockets than the poller takes events at once are woken at the same time.
func TestPoller_WakesManyAtOnce(t *testing.T) {
	p := newTestPoller(t)
	var all []*conn
	var peers []net.Conn
	for range 600 {
		c, peer := watched(t, p)
		all, peers = append(all, c), append(peers, peer)
	}
	p.mu.Lock() // The poller waits for it after the first events.
	for _, peer := range peers {
		if _, err := peer.Write([]byte("x")); err != nil {
			t.Error(err)
		}
	}
	p.mu.Unlock()
	for _, c := range all {
		eventually(t, "each is woken", func() bool { return c.reader.String() == "again" })
	}
}

// A socket that the poller cannot watch has a goroutine that waits, and all works the same.
func TestPoller_IsNotNeeded(t *testing.T) {
	f := newFixture(t)
	f.server.poller.close()
	r, peer := rawConn(t, f, "/ws/chat/room/?since=0")
	if e := hear(t, r); e.Event != wire.EventLive {
		t.Fatalf("%+v, want that it is live", e)
	}
	for range 2 {
		if _, err := peer.Write(append(slices.Clip(pong), masked("not a message")...)); err != nil {
			t.Fatal(err)
		}
		if e := hear(t, r); e.Event != wire.EventRefused {
			t.Fatalf("%+v, want a refusal", e)
		}
	}
	f.hub.CloseAll(wire.CloseRestart)
	eventually(t, "it has left", func() bool { return f.server.Open() == 0 })
}

// The reader of a socket that is cut ends, although nothing comes any more.
func TestPoller_ACutSocketLeaves(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.StallTimeout = time.Hour })
	r, peer := rawConn(t, f, "/ws/chat/room/?since=0")
	if e := hear(t, r); e.Event != wire.EventLive {
		t.Fatalf("%+v, want that it is live", e)
	}
	if _, err := peer.Write(pong); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is idle", func() bool { return f.server.watched() == 1 })
	f.hub.AbortAll()
	eventually(t, "it has left", func() bool { return f.server.Open() == 0 })
}

// watched is how many sockets the poller watches.
func (s *Server) watched() (n int) {
	s.poller.mu.Lock()
	defer s.poller.mu.Unlock()
	for _, c := range s.poller.conns {
		if c != nil {
			n++
		}
	}
	return n
}

// A socket that is idle and says something again is no longer watched, and nothing is lost.
func TestPoller_AnIdleSocketGoesOn(t *testing.T) {
	f := newFixture(t)
	r, peer := rawConn(t, f, "/ws/chat/room/?since=0")
	if e := hear(t, r); e.Event != wire.EventLive {
		t.Fatalf("%+v, want that it is live", e)
	}
	for range 3 {
		if _, err := peer.Write(pong); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it is idle", func() bool { return f.server.watched() == 1 })
		for range 2 {
			if _, err := peer.Write(masked("not a message")); err != nil {
				t.Fatal(err)
			}
			if e := hear(t, r); e.Event != wire.EventRefused {
				t.Fatalf("%+v, want a refusal", e)
			}
		}
		if n := f.server.watched(); n != 0 {
			t.Errorf("%d sockets are watched, want 0: the guest is speaking", n)
		}
	}
}
