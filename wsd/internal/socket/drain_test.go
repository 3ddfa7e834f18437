package socket

import (
	"bufio"
	"context"
	"encoding/binary"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chatter/shared/origin"
	"chatter/shared/session"
	"chatter/shared/wire"
)

// drain begins a drain, with more time than a test needs, and returns what is closed
// when it is over.
func drain(t *testing.T, f *fixture) <-chan struct{} {
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		defer cancel()
		f.server.Drain(ctx)
	}()
	return drained
}

// A drain waits for what had been said when it began, not for a moment in which nobody
// says anything.
func TestDrain_DropsWhatIsSaidMeanwhile(t *testing.T) {
	f := newFixture(t)
	first, second := make(chan struct{}), make(chan struct{})
	defer close(second)
	hold := func(until chan struct{}) {
		f.log.mu.Lock()
		defer f.log.mu.Unlock()
		f.log.held = until
	}
	hold(first)
	c := f.dial("/ws/chat/room/?since=0")
	c.until("live")
	nonce := c.say("before")
	eventually(t, "it is on its way", func() bool { return f.server.pending.Load() == 1 })
	hold(second)
	drained := drain(t, f)
	eventually(t, "the drain begins", f.server.draining.Load)
	c.say("meanwhile")
	c.send("not a message") // is refused once the one before it has been read
	c.until("refused")
	close(first)
	if e := c.until("ack"); e.Nonce != nonce {
		t.Errorf("ack %+v", e)
	}
	if code, _ := c.closed(); code != wire.CloseRestart {
		t.Errorf("closed with %d, want %d", code, wire.CloseRestart)
	}
	<-drained
	if said := f.said("room"); len(said) != 1 {
		t.Errorf("stored: %q", said)
	}
}

// heldSessions answer when the test lets them.
type heldSessions struct {
	Sessions
	hold    atomic.Bool
	release chan struct{}
}

func (s *heldSessions) FromRequest(r *http.Request, now time.Time, site origin.Origin) (session.Session, error) {
	if s.hold.Load() {
		<-s.release
	}
	return s.Sessions.FromRequest(r, now, site)
}

// A client in its handshake, or waiting for its turn, while the drain closes sockets is
// closed as the others are.
func TestDrain_ClosesSocketsInTheirHandshake(t *testing.T) {
	sessions := &heldSessions{release: make(chan struct{})}
	f := newFixture(t, func(o *Options) {
		sessions.Sessions = o.Sessions
		o.Sessions = sessions
	})
	here := f.dial("/ws/chat/room/?since=0")
	here.until("live")

	sessions.hold.Store(true)
	addr := unixServer(t, f.server)
	var clients sync.WaitGroup
	paths := []string{"/ws/chat/room/?since=0", "/ws/chat/room/", "/ws/chat/other/?since=0", "/ws/index/"}
	n := cap(f.server.handshakes) + len(paths) // some wait for their turn
	for i := range n {
		path := paths[i%len(paths)]
		c, shake := dialUnix(t, addr), handshake(t, f, path)
		clients.Go(func() {
			if _, err := c.Write(shake); err != nil {
				t.Error(err)
				return
			}
			r := bufio.NewReader(c)
			if _, err := http.ReadResponse(r, nil); err != nil {
				t.Errorf("%s: %v", path, err)
				return
			}
			_ = c.SetReadDeadline(time.Now().Add(hangLimit))
			op, payload, err := readFrame(r)
			if err != nil || op != 0x88 {
				t.Errorf("%s: frame %#x %q, %v; want a close frame alone", path, op, payload, err)
				return
			}
			code, reason := wire.CloseCode(binary.BigEndian.Uint16(payload)), string(payload[2:])
			if code != wire.CloseRestart || reason != "retry=1234" {
				t.Errorf("%s: closed with %d %q", path, code, reason)
			}
		})
	}
	eventually(t, "all are shaking hands", func() bool {
		return f.server.arriving.Load() == int64(n) && f.server.Open() == 1+cap(f.server.handshakes)
	})
	drained := drain(t, f)
	if code, _ := here.closed(); code != wire.CloseRestart {
		t.Errorf("the open socket is closed with %d", code)
	}
	close(sessions.release)
	clients.Wait()
	<-drained
	if open := f.server.Open(); open != 0 {
		t.Errorf("%d sockets are open after the drain", open)
	}
}

// asked is a context that says when it is asked whether it has ended. A drain asks after
// each look at what is left.
type asked struct {
	context.Context
	asks chan struct{}
	over chan struct{} // closed when nobody listens any more
}

func (a *asked) Done() <-chan struct{} {
	select {
	case a.asks <- struct{}{}:
	case <-a.over:
	}
	return a.Context.Done()
}

// A handshake that waits for its turn is no open socket yet, and is waited for.
func TestDrain_WaitsForHandshakes(t *testing.T) {
	f := newFixture(t)
	for range cap(f.server.handshakes) {
		f.server.handshakes <- struct{}{}
	}
	c := dialUnix(t, unixServer(t, f.server))
	if _, err := c.Write(handshake(t, f, "/ws/chat/room/?since=0")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it waits for its turn", func() bool { return f.server.arriving.Load() == 1 })
	ctx := &asked{Context: t.Context(), asks: make(chan struct{}), over: make(chan struct{})}
	end := sync.OnceFunc(func() { close(ctx.over) })
	defer end()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		f.server.Drain(ctx)
	}()
	for range 10 {
		select {
		case <-drained:
			t.Fatal("the drain is over before it has begun for one")
		case <-ctx.asks: // it has looked, and goes on
		case <-time.After(hangLimit):
			t.Fatalf("the drain has not looked again in %v", hangLimit)
		}
	}
	end()
	<-f.server.handshakes
	r := bufio.NewReader(c)
	if _, err := http.ReadResponse(r, nil); err != nil {
		t.Fatal(err)
	}
	readTo(t, r)
	c.Close()
	<-drained
	if open := f.server.Open(); open != 0 {
		t.Errorf("%d sockets are open after the drain", open)
	}
}
