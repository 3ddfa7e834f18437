package live

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"chatter/shared/wire"
)

// nosyConn is a Conn that calls meddle once, on another goroutine, while it is written to,
// and waits until it returns.
type nosyConn struct {
	sink
	t       testing.TB
	meddle  func() // nil until it is time to
	meddled atomic.Bool
}

func (c *nosyConn) TryWrite(p []byte) (int, error) {
	if c.meddle != nil && !c.meddled.Swap(true) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			c.meddle()
		}()
		select {
		case <-done:
		case <-time.After(hangLimit):
			c.t.Error("somebody waits for a lock that is held while a member is written to")
		}
	}
	return c.sink.TryWrite(p)
}

func (c *nosyConn) Write(p []byte) error { _, err := c.TryWrite(p); return err }

// No lock is held over a member's system call: everything else can be done meanwhile, in
// the same room too.
func TestLocks_NoneIsHeldWhileAMemberIsWrittenTo(t *testing.T) {
	for name, members := range map[string]int{"by the goroutine that delivers": 3, "by another goroutine": 2 * partMembers} {
		t.Run(name, func(t *testing.T) {
			r, others, next := crowd(t, members)
			h := r.hub
			feed := h.NewFeed()
			nosy := &nosyConn{t: t}
			self := NewMember(nosy, Events, time.Now())
			h.Join(r.name, self, Now())
			defer h.Leave(self)
			nosy.meddle = func() {
				passer := NewMember(new(sink), Events, time.Now())
				h.Join(r.name, passer, Newest())
				h.Deliver(r.name, next())
				h.Flush(r.name)
				h.Sweep(time.Now().Add(2 * time.Hour)) // pings everybody
				h.Leave(passer)
				h.Refreshed(r.name)
				h.Join(roomNamed(t, "other"), passer, Newest())
				h.Leave(passer)
				feed.Publish(wire.AppendRecent(nil, nil, nil))
				others[0].Send(wire.AppendGap(nil))
				self.Send(wire.AppendGap(nil))
				h.CloseAll(wire.CloseRestart)
				h.Leave(others[0])
			}
			h.Deliver(r.name, next())
			h.Flush(r.name)
			for deadline := time.Now().Add(hangLimit); stateOf(self) != closed; runtime.Gosched() {
				if time.Now().After(deadline) {
					t.Fatal("it was never written to")
				}
			}
		})
	}
}

// The goroutine that lets a member in writes to it.
func TestLocks_NoneIsHeldWhileAMemberIsLetIn(t *testing.T) {
	r, _, next := crowd(t, 3)
	h := r.hub
	nosy := &nosyConn{t: t}
	nosy.meddle = func() {
		passer := NewMember(new(sink), Events, time.Now())
		h.Join(r.name, passer, Newest())
		h.Deliver(r.name, next())
		h.Flush(r.name)
		h.Leave(passer)
	}
	self := NewMember(nosy, Events, time.Now())
	h.Join(r.name, self, Newest())
	h.Leave(self)
	if !nosy.meddled.Load() {
		t.Error("it was not written to")
	}
}

func stateOf(m *Member) writerState {
	m.writer.mu.Lock()
	defer m.writer.mu.Unlock()
	return m.state
}
