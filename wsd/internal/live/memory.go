package live

import (
	"cmp"
	"slices"
)

const (
	// RunMemory bounds what the rooms of a process hold together, unless Options have another
	// bound.
	RunMemory = 256 << 20
	// roomBytes is what a room counts as beside its run: this package, package follow and the
	// subscription to its channel keep about so much.
	roomBytes = 2 << 10
)

// maxRooms is how many rooms there may be: half of the memory can always be given up.
func (h *Hub) maxRooms() int { return max(1, int(h.runMemory/2/roomBytes)) }

// crowdedLocked reports whether there will soon be too many rooms.
func (h *Hub) crowdedLocked() bool { return len(h.rooms) >= h.maxRooms()*3/4 }

// RunMemory is how many bytes the rooms and their runs hold.
func (h *Hub) RunMemory() int64 { return h.runs.Load() }

// reclaim has rooms give up their runs if all together hold more than they may, until an
// eighth is free. Rooms with few members are first: members that join them later get the
// messages from the log. Frames that a member lacks are kept if that is enough.
func (h *Hub) reclaim() {
	if h.runs.Load() <= h.runMemory || !h.reclaims.TryLock() {
		return
	}
	defer h.reclaims.Unlock()
	rooms := h.byMembers()
	for _, lacking := range []bool{false, true} {
		for _, r := range rooms {
			if h.runs.Load() <= h.runMemory/8*7 {
				return
			}
			r.giveUp(lacking)
		}
	}
}

// byMembers are the rooms that hold frames, those with few members first, and of these the
// largest.
func (h *Hub) byMembers() []*room {
	type candidate struct {
		room        *room
		users, size int
	}
	var all []candidate
	h.mu.Lock()
	for _, r := range h.rooms {
		if size := len(r.view.Load().buf); size > 0 {
			all = append(all, candidate{r, r.users, size})
		}
	}
	h.mu.Unlock()
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.users, b.users), cmp.Compare(b.size, a.size))
	})
	rooms := make([]*room, len(all))
	for i, c := range all {
		rooms[i] = c.room
	}
	return rooms
}

// giveUp drops the frames of the run; those that a member lacks only if lacking. Such a
// member is closed as too slow at its next flush.
func (r *room) giveUp(lacking bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	to := r.run.head()
	if !lacking {
		for _, m := range r.members {
			to = m.lacksFrom(to)
		}
	}
	if r.run.giveUp(to) {
		r.hub.counts.GivenUp.Add(1)
		r.runChangedLocked()
	}
}

// dispose frees what a room holds that is not in the hub any more. Its source delivers
// nothing after Unwatch.
func (r *room) dispose() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.run = run{limit: r.run.limit}
	r.runChangedLocked()
	r.hub.runs.Add(-roomBytes)
}
