package live

import (
	"cmp"
	"slices"

	"chatter/shared/name"
	"chatter/shared/wire"
)

// maxRemovals is how many removals a room knows at most, the newest.
const maxRemovals = 4096

// removals are the messages of a room that were removed within the retention, in the order
// of their removal. The room's lock guards them.
type removals struct {
	list []removal
	removalFrames
}

// removal is one of them, and where its frame ends.
type removal struct {
	wire.Removal
	end uint64
}

// removalFrames are the frames of removals, one after the other. Offsets count as those of a
// run do: a member's writer has a cursor into these frames, too. Bytes do not change.
type removalFrames struct {
	buf  []byte
	base uint64 // offset of buf[0]
}

func (f removalFrames) head() uint64 { return f.base + uint64(len(f.buf)) }

func (x *removals) has(id wire.ID) bool {
	return slices.ContainsFunc(x.list, func(r removal) bool { return r.ID == id })
}

// add appends a removal. It reports false if it is known.
func (x *removals) add(r wire.Removal) bool {
	if x.has(r.ID) {
		return false
	}
	if n := len(x.list); n > 0 { // one that was missed comes late
		r.At = max(r.At, x.list[n-1].At)
	}
	x.buf = appendFrame(x.buf, opText, wire.AppendRemoved(nil, r.ID))
	x.list = append(x.list, removal{r, x.head()})
	if len(x.list) > maxRemovals {
		x.drop(len(x.list) - maxRemovals)
	}
	return true
}

// since returns the offset of the first removal that a client with the cursor id may not know.
func (x *removals) since(id wire.ID) uint64 {
	from := wire.RemovedSince(id)
	i := slices.IndexFunc(x.list, func(r removal) bool { return r.At >= from })
	if i < 0 {
		return x.head()
	}
	return x.startOf(i)
}

// expire drops the removals before oldest, whose messages have expired. It reports whether
// there were any.
func (x *removals) expire(oldest wire.ID) bool {
	n := slices.IndexFunc(x.list, func(r removal) bool { return r.At >= oldest.Ms })
	if n < 0 {
		n = len(x.list)
	}
	x.drop(n)
	return n > 0
}

// drop drops the first n.
func (x *removals) drop(n int) {
	if n == 0 {
		return
	}
	start := x.startOf(n)
	x.list, x.buf, x.base = slices.Clone(x.list[n:]), slices.Clone(x.buf[start-x.base:]), start
}

func (x *removals) startOf(i int) uint64 {
	if i == 0 {
		return x.base
	}
	return x.list[i-1].end
}

// hole is where removed frames were in a run.
type hole struct{ start, end uint64 }

// remove overwrites the frames of removed entries, in new memory, because writers may still
// use the old. Offsets stay. It reports whether a removal is new.
func (r *run) remove(removed []wire.Removal) (news bool) {
	var buf []byte
	for _, one := range removed {
		if !r.removed.add(one) {
			continue
		}
		news = true
		i, holds := slices.BinarySearchFunc(r.marks, one.ID, compareMark)
		if !holds || r.inHole(r.startOf(i)) {
			continue
		}
		if buf == nil {
			buf = slices.Clone(r.buf)
		}
		start, end := r.startOf(i), r.marks[i].end
		clear(buf[start-r.base : end-r.base])
		r.addHole(hole{start, end})
	}
	if buf != nil {
		r.buf, r.scratch = buf, nil
	}
	return news
}

// addHole adds a hole and merges it with its neighbours. Views have the old holes.
func (r *run) addHole(h hole) {
	i, _ := slices.BinarySearchFunc(r.holes, h.start, compareHole)
	before, after := r.holes[:i], r.holes[i:]
	if n := len(before); n > 0 && before[n-1].end == h.start {
		h.start, before = before[n-1].start, before[:n-1]
	}
	if len(after) > 0 && after[0].start == h.end {
		h.end, after = after[0].end, after[1:]
	}
	r.holes = slices.Concat(before, []hole{h}, after)
}

// inHole reports whether the frame that begins at an offset was removed.
func (r *run) inHole(start uint64) bool {
	i, _ := slices.BinarySearchFunc(r.holes, start+1, compareHole)
	return i > 0 && r.holes[i-1].end > start
}

// dropHoles drops the holes that are before the run.
func (r *run) dropHoles() {
	n := 0
	for n < len(r.holes) && r.holes[n].end <= r.base {
		n++
	}
	r.holes = r.holes[n:]
}

func compareHole(h hole, start uint64) int { return cmp.Compare(h.start, start) }

// next returns where the first frames are at or behind an offset that were not removed.
func (v *view) next(offset uint64) (start, end uint64) {
	i, _ := slices.BinarySearchFunc(v.holes, offset, func(h hole, offset uint64) int {
		if h.end <= offset {
			return -1
		}
		return 1
	})
	if i < len(v.holes) && v.holes[i].start <= offset { // no hole borders on the next one
		offset = v.holes[i].end
		i++
	}
	if i < len(v.holes) {
		return offset, v.holes[i].start
	}
	return offset, v.head()
}

// addRemovedLocked adds the removals that the member has not been told of.
func (w *writer) addRemovedLocked(c *chunk, v *view) {
	w.removed = max(w.removed, v.removed.base)
	frames := v.removed.buf[w.removed-v.removed.base:]
	if len(frames) == 0 {
		return
	}
	if len(frames) > chunkBytes {
		frames = frames[:wholeFrames(frames, chunkBytes)]
		c.more = true
	}
	w.removed += uint64(len(frames))
	c.frames = append(slices.Clip(c.frames), frames...)
}

// Removed takes messages away from the room with this key: nobody gets them any more, and the
// members are told. It does not block. The caller must hold no lock.
func (h *Hub) Removed(key string, removed []wire.Removal) {
	h.mu.Lock()
	r := h.rooms[key]
	h.mu.Unlock()
	if r != nil && r.takeAway(removed) {
		r.flush()
	}
}

// RoomNames are the rooms that are held, for which removals must not be missed.
func (h *Hub) RoomNames() []name.Room {
	h.mu.Lock()
	defer h.mu.Unlock()
	names := make([]name.Room, 0, len(h.rooms))
	for _, r := range h.rooms {
		names = append(names, r.name)
	}
	return names
}

func (r *room) takeAway(removed []wire.Removal) (news bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	news = r.run.remove(removed)
	if news {
		r.runChangedLocked()
	}
	return news
}
