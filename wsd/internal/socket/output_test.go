package socket

import (
	"net"
	"sync"
	"testing"
	"time"

	"chatter/shared/wire"
)

// clocked is a connection whose time for writing the test lets run out.
type clocked struct {
	*net.UnixConn

	mu       sync.Mutex
	deadline time.Time
	writes   int // blocking ones under way
}

func (c *clocked) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	return c.UnixConn.SetWriteDeadline(t)
}

func (c *clocked) Write(p []byte) (int, error) {
	c.count(1)
	defer c.count(-1)
	return c.UnixConn.Write(p)
}

func (c *clocked) count(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes += n
}

func (c *clocked) blocks() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.writes > 0
}

// runOut is the moment when a deadline that is still set has passed.
func (c *clocked) runOut() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deadline.IsZero() {
		return nil
	}
	return c.UnixConn.SetWriteDeadline(time.Now().Add(-time.Second))
}

// A peer that was slow and has caught up is written to as ever: the time that it was
// given to take something ends with what it was given it for.
func TestReaderThatStops_IsForgivenWhenItHasCaughtUp(t *testing.T) {
	f := newFixture(t)
	near, peer := ends(t)
	out := &clocked{UnixConn: near}
	memberOn(t, f, out, time.Now())
	if e := hear(t, peer); e.Event != wire.EventLive {
		t.Fatalf("%+v, want that it is live", e)
	}
	sayLong(t, f, 60)
	eventually(t, "it is waited for", out.blocks)
	hearLong(t, peer, 60)
	eventually(t, "nothing is left to write", func() bool { return !out.blocks() })
	if err := out.runOut(); err != nil {
		t.Fatal(err)
	}
	f.say(t, "later")
	if e := hear(t, peer); e.Message != "later" {
		t.Errorf("%+v", e)
	}
}
