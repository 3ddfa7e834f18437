package live

import (
	"time"

	"chatter/shared/wire"
)

// How a member ends. Its reader has the last word: it ends with the connection, and
// calls Settle and Leave then. All others see to it that the connection ends, at once
// or after a close frame:
//
//	               who calls it, why                    sets                     still written
//	Close          package socket: not let in, flood    ending, goodbye          all that is due, goodbye
//	               CloseAll: a drain; no history
//	end            Send, Control: own is too long       ending, goodbye, dropRun own, goodbye
//	 (drop the run) flush: the run has gone on
//	finish         flush: goodbye is out                closed                   nothing
//	finish(abort)  flush: a write has failed            closed                   nothing; it is cut
//	Conn.Abort     Sweep: silent; Drop: time is up      –                        nothing; it is cut
//	Settle         the reader: the connection ends      ending, dropRun          own, goodbye if there is one
//	Leave          the reader, last of all              left                     nothing of the room
//
// With ending, own takes no more: the first close frame is the only one. It is goodbye,
// or what the library has put at the end of own, and Conn.Linger bounds for how long the
// reader waits then for the peer's. With dropRun, the run is not due any more. In the
// state closed nothing is, and done is closed for Settle.

// Close sends what is due to the member, then a close frame, and has its
// reader leave within a bounded time. The first Close counts. It does not
// block.
func (m *Member) Close(code wire.CloseCode, reason string) { m.end(code, reason, false) }

// Closing reports whether the member is ending: what is sent to it from now on
// is dropped.
func (m *Member) Closing() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ending
}

// end is Close, but may leave out what is due of the run. It reports whether it was
// the first to end m.
func (m *Member) end(code wire.CloseCode, reason string, dropRun bool) bool {
	m.mu.Lock()
	first := !m.ending
	if first {
		m.ending, m.goodbye = true, closeFrame(int(code), reason)
	}
	m.dropRun = m.dropRun || dropRun
	m.mu.Unlock()
	if first {
		m.conn.Linger()
		m.flush()
	}
	return first
}

// finish ends the writing side for good.
func (m *Member) finish(abort bool) {
	m.state.Store(closed)
	m.mu.Lock()
	m.ending = true
	m.sentLocked()
	if m.done != nil {
		close(m.done)
		m.done = nil
	}
	m.mu.Unlock()
	if abort {
		m.conn.Abort()
	}
}

// Settle ends the writing side: what was sent to this member alone, a close
// frame that came through Control at its end, is still written, and nothing of
// the room. It blocks until that is out or cannot be, for patience at most. The
// connection may be closed then without cutting off its last frame.
func (m *Member) Settle(patience time.Duration) {
	m.mu.Lock()
	m.ending, m.dropRun = true, true
	if m.state.Load() == closed {
		m.mu.Unlock()
		return
	}
	if m.done == nil {
		m.done = make(chan struct{})
	}
	done := m.done
	m.mu.Unlock()
	m.flush()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}

// closing is what everybody is told, from CloseAll on.
type closing struct {
	code    wire.CloseCode
	members int // over the return of so many the delays are spread
}

// CloseAll closes every member with code, and tells each when to come back:
// the delays are spread out over the time that so many reconnections take.
// Members who are on their way in or join later are told the same. The first
// call counts. It does not block for them.
func (h *Hub) CloseAll(code wire.CloseCode) {
	// First of all: room.join sends away whoever would get in after this, and
	// might be missed below.
	if !h.closing.CompareAndSwap(nil, &closing{code, h.users()}) {
		return
	}
	h.shut()
	for _, r := range h.all() {
		for _, m := range r.appendMembers(nil) {
			h.sendAway(m)
		}
	}
}

// sendAway closes m as CloseAll wants it. It is called after CloseAll has been.
func (h *Hub) sendAway(m *Member) {
	c := h.closing.Load()
	m.Close(c.code, wire.RetryReason(h.spread(c.members)))
}

// Drop cuts every member that is still here. It is the end of a drain.
func (h *Hub) Drop() {
	for _, r := range h.all() {
		for _, m := range r.appendMembers(nil) {
			m.conn.Abort()
		}
	}
}
