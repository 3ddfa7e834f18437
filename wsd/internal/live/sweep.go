package live

import "time"

// sweepLoop looks at every room and member once a second, so that none needs a timer of
// its own.
func (h *Hub) sweepLoop() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case now := <-tick.C:
			h.Sweep(now)
		}
	}
}

// Sweep pings members that have been silent, aborts those that do not answer, drops what
// has expired, and gives back memory that is not needed any more, as of now. The hub calls it every second.
func (h *Hub) Sweep(now time.Time) {
	var members []*Member
	for _, r := range h.all() {
		r.trim()
		members = r.appendMembers(members[:0])
		for _, m := range members {
			h.sweep(m, now)
		}
	}
	h.unload(now)
}

func (h *Hub) sweep(m *Member, now time.Time) {
	switch {
	case m.Unanswered(now) >= h.timeout:
		h.counts.Silent.Add(1)
		m.conn.Abort()
	case m.pingDue(now, h.interval):
		m.Control(pingFrame)
	}
}

// unload drops rooms that have been empty for a while.
func (h *Hub) unload(now time.Time) {
	h.watching.Lock()
	defer h.watching.Unlock()
	var gone []*room
	h.mu.Lock()
	after := unloadAfter
	if h.crowdedLocked() {
		after = 0
	}
	for key, r := range h.rooms {
		if r.users == 0 && now.Sub(r.emptySince) >= after {
			delete(h.rooms, key)
			gone = append(gone, r)
		}
	}
	h.mu.Unlock()
	for _, r := range gone {
		h.source.Unwatch(r.name)
		r.dispose()
	}
}
