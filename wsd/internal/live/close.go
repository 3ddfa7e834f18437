package live

import "chatter/shared/wire"

// CloseAll closes every member with code, and tells each when to come back:
// the delays are spread out over the time that so many reconnections take.
// Members that join later are not closed. It does not block for them.
func (h *Hub) CloseAll(code wire.CloseCode) {
	var members []*Member
	for _, r := range h.all() {
		members = r.appendMembers(members)
	}
	for _, m := range members {
		m.Close(code, wire.RetryReason(h.spread(len(members))))
	}
}

// Drop cuts every member that is still here. It is the end of a drain.
func (h *Hub) Drop() {
	for _, r := range h.all() {
		for _, m := range r.appendMembers(nil) {
			m.conn.Abort()
		}
	}
}
