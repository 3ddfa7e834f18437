package socket

import (
	"bufio"
	"io"
	"net"
	"testing"
	"time"

	"chatter/shared/wire"
)

func TestCost_AWriteAllocatesNothing(t *testing.T) {
	near, peer := ends(t)
	c, err := newConn(near)
	if err != nil {
		t.Fatal(err)
	}
	frame := make([]byte, 100)
	got := make([]byte, len(frame))
	if n := testing.AllocsPerRun(1000, func() {
		if n, err := c.TryWrite(frame); n != len(frame) || err != nil {
			t.Fatal(n, err)
		}
		if _, err := io.ReadFull(peer, got); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations for a write", n)
	}
}

// The allocations of a message do not depend on the number of its sockets: few, to which
// the goroutine that delivers writes, or so many that other goroutines do.
func TestCost_AMessageAllocatesAFewThings(t *testing.T) {
	const perMessage = 8 // cost_test.go of package live has the bound of its own
	for _, members := range []int{1, 30, 100} {
		f := newFixture(t)
		var peers []net.Conn
		for range members {
			near, peer := ends(t)
			memberOn(t, f, near, time.Now())
			hear(t, peer)
			peers = append(peers, peer)
		}
		room := roomNamed(t, "room")
		entries := []wire.Entry{{Text: "about as long as what people say to each other when they have the time to"}}
		id := wire.ID{Ms: 1 << 40}
		deliver := func() {
			id.Seq++
			entries[0].ID = wire.ID{Ms: id.Ms + id.Seq} // of one length always
			f.hub.Deliver(room, entries)
			f.hub.Flush(room)
		}
		deliver()
		_, payload, err := readFrame(peers[0])
		if err != nil {
			t.Fatal(err)
		}
		frame := make([]byte, 4+len(payload))
		if len(payload) < 126 {
			t.Fatal("the frame is shorter than this test takes it for")
		}
		read := func(peers []net.Conn) {
			for _, peer := range peers {
				if _, err := io.ReadFull(peer, frame); err != nil {
					t.Fatal(err)
				}
			}
		}
		read(peers[1:])
		allocs := testing.AllocsPerRun(1000, func() {
			deliver()
			read(peers)
		})
		if allocs > perMessage {
			t.Errorf("a message to %d sockets allocates %v times, want at most %d", members, allocs, perMessage)
		}
		t.Logf("%d sockets: %v allocations a message", members, allocs)
	}
}

// A socket has a goroutine only while it is waited for.
func TestCost_AnIdleSocketHasNoGoroutine(t *testing.T) { counted(t, anIdleSocketHasNoGoroutine) }

func anIdleSocketHasNoGoroutine(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.StallTimeout = time.Hour })
	addr := unixServer(t, f.server)
	before := goroutines(t)
	none := func() bool { return goroutines(t) == before }
	const sockets, said = 20, 60
	var peers []*bufio.Reader
	for range sockets {
		c := dialUnix(t, addr)
		r := upgrade(t, c, handshake(t, f, "/ws/chat/room/?since=0"))
		if e := hear(t, r); e.Event != wire.EventLive {
			t.Fatalf("%+v, want that it is live", e)
		}
		eventually(t, "a socket that has said nothing has no goroutine", none)
		// It has said something, and then it was silent so long that it was pinged.
		if _, err := c.Write(masked("not a message")); err != nil {
			t.Fatal(err)
		}
		if e := hear(t, r); e.Event != wire.EventRefused {
			t.Fatalf("%+v, want a refusal", e)
		}
		if _, err := c.Write(pong); err != nil {
			t.Fatal(err)
		}
		peers = append(peers, r)
	}
	eventually(t, "an idle socket has no goroutine", none)
	sayLong(t, f, said)
	eventually(t, "each is waited for", func() bool { return goroutines(t) >= before+sockets })
	for _, r := range peers {
		hearLong(t, r, said)
	}
	eventually(t, "a socket that has caught up has none", none)
}
