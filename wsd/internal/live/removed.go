package live

import (
	"cmp"
	"slices"

	"chatter/shared/wire"
)

// maxRemovals is how many removals a room knows at most, the newest.
const maxRemovals = 4096

// removals are the messages of a room that were removed within the retention, in the order
// of their removal. A writer has a cursor into them: how many of all that there ever were it
// has passed. Entries of list do not change.
type removals struct {
	list    []wire.Removal
	dropped uint64 // how many older ones are not in list any more
}

// head is the cursor behind the newest removal.
func (x *removals) head() uint64 { return x.dropped + uint64(len(x.list)) }

func (x *removals) has(id wire.ID) bool {
	return slices.ContainsFunc(x.list, func(r wire.Removal) bool { return r.ID == id })
}

// add appends a removal. It reports false if it is known.
func (x *removals) add(r wire.Removal) bool {
	if x.has(r.ID) {
		return false
	}
	if n := len(x.list); n > 0 { // one that was missed comes late
		r.At = max(r.At, x.list[n-1].At)
	}
	x.list = append(x.list, r)
	x.drop(len(x.list) - maxRemovals)
	return true
}

// since returns the cursor before the first removal that a client that came with id may not know.
func (x *removals) since(id wire.ID) uint64 {
	return x.dropped + uint64(x.search(wire.RemovedSince(id)))
}

// expire drops the removals before oldest, whose messages have expired. It reports whether
// there were any.
func (x *removals) expire(oldest wire.ID) bool { return x.drop(x.search(oldest.Ms)) }

// search returns the index of the first removal at that time or later.
func (x *removals) search(at uint64) int {
	i, _ := slices.BinarySearchFunc(x.list, at, func(r wire.Removal, at uint64) int { return cmp.Compare(r.At, at) })
	return i
}

// drop drops the first n, and reports whether that are any.
func (x *removals) drop(n int) bool {
	if n <= 0 {
		return false
	}
	x.list, x.dropped = slices.Clone(x.list[n:]), x.dropped+uint64(n)
	return true
}

// addRemovedLocked adds the removals that the member was not told of, until the chunk has so
// many bytes.
func (w *writer) addRemovedLocked(c *chunk, v *view, most int) {
	w.removed = max(w.removed, v.removals.dropped)
	for _, r := range v.removals.list[w.removed-v.removals.dropped:] {
		frame := appendFrame(nil, opText, wire.AppendRemoved(nil, r.ID))
		if len(c.frames) > 0 && len(c.frames)+len(frame) > most {
			c.more = true
			return
		}
		c.frames = append(c.frames, frame...)
		w.removed++
	}
}

// Removed takes messages away from the room with this key: nobody gets them any more, and the
// members are told. It does not block. The caller must hold no lock.
func (h *Hub) Removed(key string, removed []wire.Removal) {
	if r := h.find(key); r != nil {
		if news := r.remove(removed); news {
			r.flush()
		}
	}
}

// remove takes messages away. It reports whether one of them was not removed before.
func (r *room) remove(removed []wire.Removal) (news bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if news = r.tail.remove(removed); news {
		r.tailChangedLocked()
	}
	return news
}
