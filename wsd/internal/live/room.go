package live

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
)

// The goroutine that delivers writes to the members of a room that has no more than
// these: to wake a flusher costs as much as some of the writes.
const inlineMembers = 32

// roomState is how the run stands to the log:
//
//	         Reset            Refresh
//	loading ───────► current ─────────► refreshing
//	                    ▲                   │
//	                    └──── Refreshed ────┘
type roomState uint8

const (
	loading    roomState = iota // the log has not been read: members wait
	current                     // the run follows the log
	refreshing                  // the log is read for members that are ahead of the run
)

// String implements fmt.Stringer.
func (s roomState) String() string { return [...]string{"loading", "current", "refreshing"}[s] }

// room is one live room: the run of its log, and the members.
type room struct {
	hub  *Hub
	name name.Room
	feed bool
	view atomic.Pointer[view] // of run, for the writers

	mu      sync.Mutex
	state   roomState
	run     run
	bytes   int       // of run, as the hub has counted them
	members []*Member // each knows its index
	parts   []*part   // of members, partMembers each
	waiting []arrival // until the room is loaded or refreshed

	// Guarded by Hub.mu.
	users      int       // members that have joined and not left
	emptySince time.Time // when the last of them left
}

func newRoom(h *Hub, n name.Room) *room {
	r := &room{hub: h, name: n, run: run{limit: h.runBytes}}
	h.runs.Add(roomBytes)
	r.runChangedLocked()
	return r
}

// reset begins the run with entries. Members that are here are told of a gap.
func (r *room) reset(entries []wire.Entry, removed []wire.Removal, whole bool) {
	r.mu.Lock()
	r.run.remove(removed)
	r.run.restart(whole)
	r.run.add(entries)
	if r.state == loading {
		r.state = current
	}
	r.runChangedLocked()
	ready := r.waiting
	r.waiting = nil
	r.mu.Unlock()
	r.admit(ready)
}

// deliver continues the run. It does not write to members.
func (r *room) deliver(entries []wire.Entry) {
	r.mu.Lock()
	r.run.add(entries)
	r.runChangedLocked()
	r.mu.Unlock()
}

// runChangedLocked shows the run as it is now to the writers, and counts its memory.
func (r *room) runChangedLocked() {
	r.view.Store(r.run.view())
	if bytes := r.run.bytes(); bytes != r.bytes {
		r.hub.runs.Add(int64(bytes - r.bytes))
		r.bytes = bytes
	}
}

// refreshed lets the members in that wait for the newest entries of the log.
func (r *room) refreshed() {
	r.mu.Lock()
	if r.state == refreshing {
		r.state = current
	}
	ready := r.waiting
	r.waiting = nil
	for i := range ready {
		ready[i].refreshed = ready[i].asked
	}
	r.mu.Unlock()
	r.admit(ready)
}

// admit joins members on a goroutine: thousands may have waited, and the caller holds
// the Source's lock.
func (r *room) admit(ready []arrival) {
	if len(ready) == 0 {
		return
	}
	go func() {
		for _, a := range ready {
			r.join(a)
		}
	}()
}

// flush writes what members lack, or has the flushers do so. No lock is held while it
// writes.
func (r *room) flush() {
	var inline [inlineMembers]*Member
	r.mu.Lock()
	if len(r.members) > len(inline) {
		for _, p := range r.parts {
			r.hub.flushers.wake(p)
		}
		r.mu.Unlock()
		return
	}
	n := copy(inline[:], r.members)
	r.mu.Unlock()
	for _, m := range inline[:n] {
		m.Flush()
	}
}

// appendMembers appends the members that are here or wait to be let in.
func (r *room) appendMembers(dst []*Member) []*Member {
	r.mu.Lock()
	defer r.mu.Unlock()
	dst = append(dst, r.members...)
	for _, a := range r.waiting {
		dst = append(dst, a.member)
	}
	return dst
}

// addLocked adds m to the members.
func (r *room) addLocked(m *Member) {
	m.index = len(r.members)
	r.members = append(r.members, m)
	if m.index/partMembers == len(r.parts) {
		r.parts = append(r.parts, &part{room: r, first: m.index})
	}
}

// remove takes m out of the members, or of those that wait: while the log cannot be
// read, guests come and go without being let in. The last member moves to m's index.
func (r *room) remove(m *Member) {
	r.mu.Lock()
	last := len(r.members) - 1
	if m.index > last || r.members[m.index] != m {
		r.waiting = slices.DeleteFunc(r.waiting, func(a arrival) bool { return a.member == m })
		r.mu.Unlock()
		return
	}
	moved := r.members[last]
	moved.index = m.index
	r.members[m.index], r.members[last] = moved, nil
	r.members = r.members[:last]
	if last%partMembers == 0 {
		r.parts = slices.Delete(r.parts, last/partMembers, last/partMembers+1)
	}
	r.mu.Unlock()
	// A flusher may be done with the part that it is in now, and not have begun with the
	// one that it was in.
	moved.Flush()
}

// trim drops what has expired, and gives memory back that only a busy room needs.
func (r *room) trim() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expireLocked()
	if len(r.run.buf) > quietBytes && r.hub.now().Sub(r.run.last().Time()) > quietAfter {
		r.run.shrink(quietBytes, runFrames)
		r.runChangedLocked()
	}
}

// expireLocked drops what has expired. The frames of a feed do not: their IDs are no
// times.
func (r *room) expireLocked() {
	if !r.feed && r.run.expire(r.hub.oldest()) {
		r.runChangedLocked()
	}
}
