package socket

import (
	"net"
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
	c := f.dial("/ws/chat/room/?since=0")
	if e := c.next(); e.Event != wire.EventLive {
		t.Fatalf("%+v, want that it is live", e)
	}
	nonce := c.say("hello")
	for range 2 {
		if e := c.next(); e.Event == wire.EventAck && e.Nonce != nonce {
			t.Errorf("%+v, want the ack of %s", e, nonce)
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
	f.hub.AbortAll()
	eventually(t, "it has left", func() bool { return f.server.Open() == 0 })
	peer.Close()
}
