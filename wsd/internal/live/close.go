package live

import "chatter/shared/wire"

// closingAll is what CloseAll tells every member.
type closingAll struct {
	code    wire.CloseCode
	members int // over the return of so many the delays are spread
}

// CloseAll closes every member with code, and tells each when to come back: the delays
// are spread over the time that so many reconnections take. Members that are joining or
// join later are told the same. The first call counts. It does not block.
func (h *Hub) CloseAll(code wire.CloseCode) {
	// First of all: room.decide refuses members that would join after this, and might be
	// missed below.
	if !h.closing.CompareAndSwap(nil, &closingAll{code, int(h.users.Load())}) {
		return
	}
	h.stopJoining()
	for m := range h.everyone() {
		h.closeForAll(m)
	}
}

// closeForAll closes m as CloseAll, which was called, wants it.
func (h *Hub) closeForAll(m *Member) {
	c := h.closing.Load()
	m.Close(c.code, wire.RetryReason(h.Spread(c.members)))
}

// AbortAll aborts every member that is still here. It does not block.
func (h *Hub) AbortAll() {
	for m := range h.everyone() {
		m.conn.Abort()
	}
}

// CheckSessions closes the members whose session has ended, and lets in those that waited
// until it was known which have. It is called when Sessions knows more. It does not block.
func (h *Hub) CheckSessions() {
	for m := range h.everyone() {
		if h.Sessions.Ended(m.Session) {
			m.Close(wire.CloseSignIn, "")
		}
	}
	for _, r := range h.all() {
		r.mu.Lock()
		if r.state == current {
			r.joinArrivalsLocked()
		}
		r.mu.Unlock()
	}
}

// MaySpeak reports whether a message of m may be stored: it is known that the session of m
// has not ended.
func (h *Hub) MaySpeak(m *Member) bool {
	return h.Sessions.Known() && !h.Sessions.Ended(m.Session)
}
