package live

import (
	"cmp"
	"slices"
	"time"
)

const (
	// maxMemory bounds what the rooms of a process hold together, unless Options have another
	// bound.
	maxMemory = 256 << 20
	// roomBytes is what a room counts as beside its tail: this package, package follow and the
	// subscription to its channel keep about so much.
	roomBytes = 2 << 10
	// A room without members is kept for a while: guests reload pages.
	unloadAfter = 15 * time.Second
)

// maxRooms is how many rooms there may be: half of the memory can always be given up.
func (h *Hub) maxRooms() int { return max(1, int(h.MaxMemory/2/roomBytes)) }

// Held is how many bytes the rooms and their tails hold.
func (h *Hub) Held() int64 { return h.held.Load() }

// reclaim has rooms give up their tails if all together hold more than they may, until an
// eighth is free. Rooms with few members are first: members that join them later get the
// messages from the log. Frames that a member lacks are kept if that is enough.
func (h *Hub) reclaim() {
	if h.held.Load() <= h.MaxMemory || !h.reclaims.TryLock() {
		return
	}
	defer h.reclaims.Unlock()
	rooms := h.byMembers()
	for _, lacking := range []bool{false, true} {
		for _, r := range rooms {
			if h.held.Load() <= h.MaxMemory/8*7 {
				return
			}
			r.giveUp(lacking)
		}
	}
}

// heldRoom is a room that holds frames, as it was when they were compared.
type heldRoom struct {
	*room
	members, size int
}

// byMembers are the rooms that hold frames, those with few members first, and of these the
// largest.
func (h *Hub) byMembers() (rooms []heldRoom) {
	h.mu.Lock()
	for _, r := range h.rooms {
		if size := len(r.view.Load().buf); size > 0 {
			rooms = append(rooms, heldRoom{r, r.users, size})
		}
	}
	h.mu.Unlock()
	slices.SortFunc(rooms, func(a, b heldRoom) int {
		return cmp.Or(cmp.Compare(a.members, b.members), cmp.Compare(b.size, a.size))
	})
	return rooms
}

// giveUp drops the frames of the tail; those that a member lacks only if lacking. Such a
// member is closed as too slow at its next flush.
func (r *room) giveUp(lacking bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	to := r.tail.head()
	if !lacking {
		for _, m := range r.members {
			to = m.lacksFrom(to)
		}
	}
	if r.tail.giveUp(to) {
		r.hub.counts.GivenUp.Add(1)
		r.tailChangedLocked()
	}
}

// unload drops rooms that have been empty for a while, or all that are if there will soon be
// too many.
func (h *Hub) unload(now time.Time) {
	h.watching.Lock()
	defer h.watching.Unlock()
	var gone []*room
	h.mu.Lock()
	after := unloadAfter
	if len(h.rooms) >= h.maxRooms()*3/4 {
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
		h.Source.Unwatch(r.name) // it delivers nothing from here on
		r.change(func(t *tail) { *t = tail{limit: t.limit} })
		h.held.Add(-roomBytes)
	}
}
