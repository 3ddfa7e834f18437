package live

import (
	"slices"
	"sort"
	"unsafe"

	"chatter/shared/wire"
)

const (
	// maxTailBytes bounds the frames that a room keeps, unless Options have another bound. A
	// member may fall behind by at least half of it; at a few hundred bytes a frame that is
	// thousands of messages.
	maxTailBytes = 1 << 20
	// maxTailFrames bounds their number: about twice as many as the log keeps. Without it a
	// room of short messages would grow for hours.
	maxTailFrames = 2048
	// A quiet room keeps no more bytes than this.
	quietBytes = 64 << 10
)

// view is a tail as it was when it was shown to the writers. Frames are one after the other in
// one piece of memory, so that all that a member lacks is one slice and one write. An offset
// counts bytes since the room began, and never repeats. The bytes of a removed frame are zero,
// so that the offsets of the others stay. A view does not change: the tail appends behind
// it, or gets new memory.
type view struct {
	buf      []byte
	base     uint64 // offset of buf[0]
	marks    []mark
	removals removals
	resetAt  uint64 // where the tail begins since the last restart: a lower cursor has a gap
	expired  uint64 // where it began when frames last left it by age: a lower cursor goes on here
	whole    bool   // it holds everything in the log that has not expired or was removed
	zeroed   bool   // removed frames may be among the others
}

// mark is one frame: the entry in it, and the offset behind it.
type mark struct {
	id  wire.ID
	end uint64
}

// head is the offset behind the newest frame.
func (v *view) head() uint64 { return v.base + uint64(len(v.buf)) }

// last is the newest entry's ID, zero when there is none.
func (v *view) last() wire.ID {
	if len(v.marks) == 0 {
		return wire.ID{}
	}
	return v.marks[len(v.marks)-1].id
}

// startOf is the offset at which frame i begins.
func (v *view) startOf(i int) uint64 {
	if i == 0 {
		return v.base
	}
	return v.marks[i-1].end
}

// gone reports whether frame i was removed, or given up.
func (v *view) gone(i int) bool {
	start := v.startOf(i)
	return start == v.marks[i].end || v.buf[start-v.base] == 0
}

// next returns the frames at a cursor without those that are gone, at most so many bytes of
// them but at least one frame, and the cursor behind them.
func (v *view) next(cursor uint64, most int) (frames []byte, behind uint64) {
	if !v.zeroed && v.head()-cursor <= uint64(most) {
		return v.buf[cursor-v.base:], v.head()
	}
	i := v.searchEnd(cursor + 1)
	for i < len(v.marks) && v.gone(i) {
		i++
	}
	start := v.startOf(i)
	end := start
	for ; i < len(v.marks) && !v.gone(i) && (end == start || v.marks[i].end-start <= uint64(most)); i++ {
		end = v.marks[i].end
	}
	return v.buf[start-v.base : end-v.base], end
}

// page returns the offset from which the newest page of the log follows. It reports false if
// the tail lacks a part of that page.
func (v *view) page() (offset uint64, ok bool) {
	i, found := len(v.marks), 0
	for ; i > 0 && found < wire.HistoryPage; i-- {
		if !v.gone(i - 1) {
			found++
		}
	}
	return v.startOf(i), v.whole || found == wire.HistoryPage
}

// find returns the offset of the first frame after entry id, whether the tail holds id,
// and whether it holds everything after id that has not expired.
func (v *view) find(id wire.ID) (offset uint64, holds, complete bool) {
	i, holds := v.search(id)
	if holds {
		i++
	}
	return v.startOf(i), holds, i > 0 || v.whole
}

// search returns the index of the first mark that is not before id, and whether it is of id.
func (v *view) search(id wire.ID) (i int, holds bool) {
	return slices.BinarySearchFunc(v.marks, id, func(m mark, id wire.ID) int { return m.id.Compare(id) })
}

// searchEnd returns the index of the first frame that ends at an offset or behind it.
func (v *view) searchEnd(offset uint64) int {
	return sort.Search(len(v.marks), func(i int) bool { return v.marks[i].end >= offset })
}

// tail is the newest part of a room's log as frames, bounded in bytes and age. The room's lock
// guards it.
type tail struct {
	view           // as it is now
	limit   int    // bytes kept at most, but for the newest page
	scratch []byte // of add
}

// bytes is the memory that the tail holds.
func (t *tail) bytes() int {
	return cap(t.buf) + cap(t.marks)*int(unsafe.Sizeof(mark{})) + cap(t.scratch) +
		cap(t.removals.list)*int(unsafe.Sizeof(wire.Removal{}))
}

// add appends the frames of entries.
func (t *tail) add(entries []wire.Entry) {
	for _, e := range entries {
		if t.removals.has(e.ID) { // it was read before it was removed
			continue
		}
		t.scratch = wire.AppendMessage(t.scratch[:0], e.ID, e.Text)
		t.addPayload(e.ID, t.scratch)
	}
}

// addPayload appends a frame, and drops the oldest ones when there are too many.
func (t *tail) addPayload(id wire.ID, payload []byte) {
	t.buf = appendFrame(t.buf, opText, payload)
	t.marks = append(t.marks, mark{id, t.head()})
	if len(t.buf) > t.limit || len(t.marks) > maxTailFrames {
		t.shrink(t.limit/2, maxTailFrames/2)
	}
}

// remove overwrites the frames of removed entries in new memory: writers may still use the
// old.
func (t *tail) remove(removed []wire.Removal) (news bool) {
	cloned := false
	for _, r := range removed {
		i, holds := t.search(r.ID)
		if !t.removals.add(r) {
			continue
		}
		if news = true; !holds {
			continue
		}
		if !cloned {
			t.buf, t.scratch, t.zeroed, cloned = slices.Clone(t.buf), nil, true, true
		}
		clear(t.buf[t.startOf(i)-t.base : t.marks[i].end-t.base])
	}
	return news
}

// shrink keeps the newest frames, at most so many and limit bytes of them but at least the
// newest page.
func (t *tail) shrink(limit, frames int) {
	n := len(t.marks)
	fitting := sort.Search(n, func(i int) bool { return t.head()-t.startOf(i) <= uint64(limit) })
	if first := max(n-frames, min(fitting, n-wire.HistoryPage)); first > 0 {
		t.cut(first, t.startOf(first))
		t.whole = false
	}
}

// expire drops the frames of entries before oldest, whatever else holds their texts, and
// the removals before oldest. It reports whether there were any.
func (t *tail) expire(oldest wire.ID) bool {
	changed := t.removals.expire(oldest)
	if n, _ := t.search(oldest); n > 0 {
		t.cut(n, t.startOf(n))
		t.expired, changed = t.base, true
		t.whole = true // what is older than a frame that has expired has expired, too
	}
	return changed
}

// giveUp drops the frames that end at offset or before. Of the last of them it keeps the
// ID, as the mark of an empty frame, so that members find their place behind it. It reports
// whether there were any.
func (t *tail) giveUp(offset uint64) bool {
	i := t.searchEnd(offset+1) - 1
	if i < 0 || t.marks[i].end == t.base {
		return false
	}
	t.cut(i, t.marks[i].end)
	t.whole = false
	return true
}

// cut drops the marks before mark i and the bytes before start. The rest gets new memory:
// writers may still use the old.
func (t *tail) cut(i int, start uint64) {
	t.buf, t.marks, t.scratch = slices.Clone(t.buf[start-t.base:]), slices.Clone(t.marks[i:]), nil
	t.base = start
}

// restart drops everything but the removals. Offsets go on, so that no cursor into the dropped
// frames is taken for one into the frames that follow.
func (t *tail) restart(whole bool) {
	start := t.head() + 1
	t.view = view{base: start, resetAt: start, expired: t.expired, removals: t.removals, whole: whole}
	t.scratch = nil
}
