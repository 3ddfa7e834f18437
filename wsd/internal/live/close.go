package live

import (
	"time"

	"chatter/shared/wire"
)

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
