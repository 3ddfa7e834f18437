package live

import "chatter/shared/wire"

// endless are Sessions that do not end.
type endless struct{}

func (endless) Known() bool       { return true }
func (endless) Ended(string) bool { return false }

// MaySpeak reports whether a message of m may be stored: it is known that the session of m
// has not ended.
func (h *Hub) MaySpeak(m *Member) bool {
	return h.sessions.Known() && !h.sessions.Ended(m.Session)
}

// CheckSessions closes the members whose session has ended, and lets in those that waited
// until it was known which have. It is called when Sessions knows more. It does not block.
func (h *Hub) CheckSessions() {
	var members []*Member
	for _, r := range h.all() {
		members = r.appendMembers(members[:0])
		for _, m := range members {
			if h.sessions.Ended(m.Session) {
				m.Close(wire.CloseSignIn, "")
			}
		}
		r.admitKnown()
	}
}

// admitKnown lets the members in that wait for nothing but Sessions.
func (r *room) admitKnown() {
	r.mu.Lock()
	var ready []arrival
	if r.state == current {
		ready, r.waiting = r.waiting, nil
	}
	r.mu.Unlock()
	r.admit(ready)
}
