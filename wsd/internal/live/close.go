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
	// First of all: room.join closes members that would join after this, and might be
	// missed below.
	if !h.closing.CompareAndSwap(nil, &closingAll{code, h.users()}) {
		return
	}
	h.stopJoining()
	for _, r := range h.all() {
		for _, m := range r.appendMembers(nil) {
			h.closeForAll(m)
		}
	}
}

// closeForAll closes m as CloseAll, which has been called, wants it.
func (h *Hub) closeForAll(m *Member) {
	c := h.closing.Load()
	m.Close(c.code, wire.RetryReason(h.spread(c.members)))
}

// AbortAll aborts every member that is still here. It does not block.
func (h *Hub) AbortAll() {
	for _, r := range h.all() {
		for _, m := range r.appendMembers(nil) {
			m.conn.Abort()
		}
	}
}
