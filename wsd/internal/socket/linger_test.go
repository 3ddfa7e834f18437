package socket

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"chatter/shared/wire"
	"chatter/wsd/internal/live"
)

// pair is a member of a room, silent since it was heard, and its peer.
func pair(t *testing.T, f *fixture, heard time.Time) (*conn, *live.Member, net.Conn) {
	near, peer := ends(t)
	c := memberOn(t, f, near, heard)
	return c, c.member, peer
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
	c, m, peer := pair(t, f, time.Now())
	m.Close(wire.CloseRestart, "")
	readTo(t, peer)
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
	c, m, peer := pair(t, f, now.Add(-2*time.Minute))
	eventually(t, "it is pinged", func() bool {
		f.hub.Sweep(now.Add(-30 * time.Second))
		return m.Unanswered(now) > 0
	})
	m.Close(wire.CloseRestart, "")
	begun := time.Now()
	if _, err := c.Read(make([]byte, 8)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the reader ends with %v", err)
	}
	if waited := time.Since(begun); waited > lingerTimeout/2 {
		t.Errorf("it waited %v", waited)
	}
	readTo(t, peer) // Should it live all the same, it is told.
}
