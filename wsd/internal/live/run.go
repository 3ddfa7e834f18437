package live

import (
	"cmp"
	"slices"
	"unsafe"

	"chatter/shared/wire"
)

const (
	// RunBytes bounds the frames that a room keeps, unless Options have another bound. A
	// member may fall behind by at least half of it; at a few hundred bytes a frame that is
	// thousands of messages.
	RunBytes = 1 << 20
	// runFrames bounds their number: about twice as many as the log keeps. Without it a
	// room of short messages would grow for hours.
	runFrames = 2048
	// A quiet room keeps no more bytes than this.
	quietBytes = 64 << 10
)

// mark is one frame of a run: the entry in it, and where the frame ends.
type mark struct {
	id  wire.ID
	end uint64
}

// run is a stretch, bounded in bytes and age, of a room's log as ready-made frames, one after the other in
// one piece of memory, so that all that a member lacks is one slice and one write. Offsets
// count bytes since the room began and never repeat. Bytes do not change once they are
// appended: writers use a view while the run goes on. The room's lock guards it.
type run struct {
	limit   int // bytes kept at most, but for the newest page
	buf     []byte
	base    uint64 // offset of buf[0]
	marks   []mark
	scratch []byte // of add

	resetAt uint64 // where the run begins since the last restart
	expired uint64 // where it began when frames last left it by age
	whole   bool   // it holds everything in the log that has not expired or was removed
	removed removals
	holes   []hole // where frames were removed
}

// bytes is the memory that the run holds.
func (r *run) bytes() int {
	return cap(r.buf) + cap(r.marks)*int(unsafe.Sizeof(mark{})) + cap(r.scratch) +
		cap(r.removed.buf) + cap(r.removed.list)*int(unsafe.Sizeof(removal{}))
}

// view is what a member's writer sees of a run. It is immutable.
type view struct {
	buf     []byte
	base    uint64
	resetAt uint64  // a cursor below it is from before a restart: a gap
	expired uint64  // what is below it has expired: a cursor there goes on from it
	page    uint64  // from here on the newest page follows; zero if the run lacks a part of it
	last    wire.ID // of the last frame
	empty   bool    // the log has no entries
	holes   []hole
	removed removalFrames
}

func (v *view) head() uint64 { return v.base + uint64(len(v.buf)) }

func (r *run) head() uint64 { return r.base + uint64(len(r.buf)) }

// last is the newest entry's ID, zero when there is none.
func (r *run) last() wire.ID {
	if len(r.marks) == 0 {
		return wire.ID{}
	}
	return r.marks[len(r.marks)-1].id
}

// add appends the frames of entries.
func (r *run) add(entries []wire.Entry) {
	for _, e := range entries {
		if r.removed.has(e.ID) { // it was read before it was removed
			continue
		}
		r.scratch = wire.AppendMessage(r.scratch[:0], e.ID, e.Text)
		r.addPayload(e.ID, r.scratch)
	}
}

// addPayload appends a frame, and drops the oldest ones when there are too many.
func (r *run) addPayload(id wire.ID, payload []byte) {
	r.buf = appendFrame(r.buf, opText, payload)
	r.marks = append(r.marks, mark{id, r.head()})
	if len(r.buf) > r.limit || len(r.marks) > runFrames {
		r.shrink(r.limit/2, runFrames/2)
	}
}

// shrink keeps the newest frames, at most so many and limit bytes of them but at least the
// newest page, in new memory: writers may still use the old.
func (r *run) shrink(limit, frames int) {
	keep := len(r.marks)
	for keep > 0 && len(r.marks)-keep < frames {
		start := r.startOf(keep - 1)
		if int(r.head()-start) > limit && len(r.marks)-keep >= wire.HistoryPage {
			break
		}
		keep--
	}
	if keep == 0 {
		return
	}
	start := r.startOf(keep)
	r.buf = slices.Clone(r.buf[start-r.base:])
	r.marks = slices.Clone(r.marks[keep:])
	r.base = start
	r.whole = false
	r.dropHoles()
}

// expire drops the frames of entries before oldest, whatever else holds their texts, and
// the removals before oldest. It reports whether there were any.
func (r *run) expire(oldest wire.ID) bool {
	removals := r.removed.expire(oldest)
	if len(r.marks) == 0 || r.marks[0].id.Compare(oldest) >= 0 {
		return removals
	}
	n, _ := slices.BinarySearchFunc(r.marks, oldest, compareMark)
	start := r.startOf(n)
	r.buf, r.marks, r.scratch = slices.Clone(r.buf[start-r.base:]), slices.Clone(r.marks[n:]), nil
	r.base, r.expired = start, start
	r.dropHoles()
	r.whole = true // what is older than a frame that has expired has expired, too
	return true
}

// giveUp drops the frames that end at offset or before. Of the last of them it keeps the
// ID, as the mark of an empty frame, so that members find their place behind it. It reports
// whether there were any.
func (r *run) giveUp(offset uint64) bool {
	n, exact := slices.BinarySearchFunc(r.marks, offset, func(m mark, end uint64) int { return cmp.Compare(m.end, end) })
	if !exact {
		n--
	}
	if n < 0 || r.marks[n].end == r.base {
		return false
	}
	start := r.marks[n].end
	r.buf, r.marks, r.scratch = slices.Clone(r.buf[start-r.base:]), slices.Clone(r.marks[n:]), nil
	r.base, r.whole = start, false
	r.dropHoles()
	return true
}

// hasPage reports whether the run holds the newest page of the log.
func (r *run) hasPage() bool {
	_, found := r.back(wire.HistoryPage)
	return r.whole || found == wire.HistoryPage
}

// startOf is the offset at which frame i begins.
func (r *run) startOf(i int) uint64 {
	if i == 0 {
		return r.base
	}
	return r.marks[i-1].end
}

// newest is the offset from which the newest n frames follow.
func (r *run) newest(n int) uint64 {
	offset, _ := r.back(n)
	return offset
}

// back goes back n frames from the head, not counting removed ones. It returns where they
// begin, and how many there are.
func (r *run) back(n int) (offset uint64, found int) {
	i := len(r.marks)
	for ; i > 0 && found < n; i-- {
		if start := r.startOf(i - 1); r.marks[i-1].end > start && !r.inHole(start) {
			found++
		}
	}
	return r.startOf(i), found
}

// find returns the offset of the first frame after entry id, whether the run holds id,
// and whether it holds everything after id that has not expired.
func (r *run) find(id wire.ID) (offset uint64, holds, complete bool) {
	i, holds := slices.BinarySearchFunc(r.marks, id, compareMark)
	if holds {
		i++
	}
	return r.startOf(i), holds, i > 0 || r.whole
}

func compareMark(m mark, id wire.ID) int { return m.id.Compare(id) }

// restart drops everything. Offsets go on, so that no cursor into the dropped frames is
// taken for one into the frames that follow.
func (r *run) restart(whole bool) {
	r.base = r.head() + 1
	r.resetAt = r.base
	r.buf, r.marks, r.holes, r.whole = nil, nil, nil, whole
}

func (r *run) view() *view {
	v := &view{buf: r.buf, base: r.base, resetAt: r.resetAt, expired: r.expired, last: r.last(), empty: r.whole && len(r.marks) == 0, holes: r.holes, removed: r.removed.removalFrames}
	if r.hasPage() {
		v.page = r.newest(wire.HistoryPage)
	}
	return v
}
