package socket

import (
	"io"
	"net"
	"testing"
	"time"

	"chatter/shared/wire"
)

// timed is a connection that notes until when it is to be read and does not end then.
type timed struct {
	*net.UnixConn
	until  time.Time
	before func() // called once, before the next deadline; may be nil
}

func (c *timed) SetReadDeadline(t time.Time) error {
	if before := c.before; before != nil {
		c.before = nil
		before()
	}
	c.until = t
	return nil
}

// pair is a member of a room, silent since it was heard, and its peer.
func pair(t *testing.T, f *fixture, heard time.Time) (*conn, *timed, net.Conn) {
	near, peer := ends(t)
	clock := &timed{UnixConn: near}
	return memberOn(t, f, clock, heard), clock, peer
}

// readTo reads frames up to the close frame.
func readTo(t *testing.T, peer io.Reader) {
	t.Helper()
	for {
		op, _, err := readFrame(peer)
		if err != nil {
			t.Fatal(err)
		}
		if op == 0x88 {
			return
		}
	}
}

func TestLinger_WaitsForAPeerThatIsThere(t *testing.T) {
	f := newFixture(t)
	c, clock, peer := pair(t, f, time.Now())
	before := time.Now()
	c.member.Close(wire.CloseRestart, "")
	readTo(t, peer)
	if clock.until.Before(before.Add(lingerTimeout)) || clock.until.After(time.Now().Add(lingerTimeout)) {
		t.Errorf("it waits until %v, want %v after the close, which was later than %v", clock.until, lingerTimeout, before)
	}
	if _, err := peer.Write([]byte{0x88}); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 8)); n != 1 || err != nil {
		t.Errorf("its answer is %d bytes, %v", n, err)
	}
}

func TestLinger_DoesNotWaitForAPeerThatOwesAnAnswer(t *testing.T) {
	f := newFixture(t)
	now := time.Now()
	c, clock, peer := pair(t, f, now.Add(-2*time.Minute))
	eventually(t, "it is pinged", func() bool {
		f.hub.Sweep(now.Add(-30 * time.Second))
		return c.member.Unanswered(time.Now()) > lingerTimeout
	})
	c.member.Close(wire.CloseRestart, "")
	readTo(t, peer) // Should it live all the same, it is told.
	if clock.until.IsZero() || clock.until.After(time.Now()) {
		t.Errorf("it waits until %v, want no longer", clock.until)
	}
}
