package live

import "time"

// sweepLoop looks at every room and member once a second, so that none needs
// a timer of its own.
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

// Sweep pings members that have been silent, cuts those that stay so, and
// drops what is not needed any more, as of now. The hub calls it every second.
func (h *Hub) Sweep(now time.Time) {
	var members []*Member
	for _, r := range h.all() {
		r.quiet()
		members = r.appendMembers(members[:0])
		for _, m := range members {
			h.sweep(m, now)
		}
	}
	h.unload(now)
}

// sweep pings a member that has been silent, and cuts one that was pinged and
// stayed so.
func (h *Hub) sweep(m *Member, now time.Time) {
	pinged := m.pinged.Load()
	if pinged != 0 {
		if now.Unix()-pinged >= int64(h.timeout/time.Second) {
			h.counts.Silent.Add(1)
			m.conn.Abort()
		}
		return
	}
	if now.Unix()-m.heard.Load() >= int64(h.interval/time.Second) {
		m.pinged.Store(now.Unix())
		m.Control(pingFrame)
	}
}

// unload drops rooms that have been empty for a while.
func (h *Hub) unload(now time.Time) {
	h.watching.Lock()
	defer h.watching.Unlock()
	var gone []*room
	h.mu.Lock()
	for key, r := range h.rooms {
		if r.users == 0 && now.Sub(r.emptySince) >= unloadAfter {
			delete(h.rooms, key)
			gone = append(gone, r)
		}
	}
	h.mu.Unlock()
	for _, r := range gone {
		h.source.Unwatch(r.name)
	}
}

// all are the rooms and feeds.
func (h *Hub) all() []*room {
	h.mu.Lock()
	defer h.mu.Unlock()
	rooms := append(make([]*room, 0, len(h.rooms)+len(h.feeds)), h.feeds...)
	for _, r := range h.rooms {
		rooms = append(rooms, r)
	}
	return rooms
}

// users is how many members are here or on their way in, everywhere.
func (h *Hub) users() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.feeds {
		n += r.users
	}
	for _, r := range h.rooms {
		n += r.users
	}
	return n
}

// appendMembers appends who is here or waits to be let in.
func (r *room) appendMembers(dst []*Member) []*Member {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, g := range r.groups {
		dst = g.appendTo(dst)
	}
	for _, a := range r.waiting {
		dst = append(dst, a.member)
	}
	return dst
}
