package live

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
)

// A room of so few members is written to by whoever delivers: to wake a flusher
// costs as much as some of the writes.
const inlineMembers = 32

// room is one live room: the run of its log, and the members.
type room struct {
	hub  *Hub
	name name.Room
	view atomic.Pointer[view]

	mu      sync.Mutex
	run     run
	loaded  bool // the run stands on the log
	groups  []*group
	seated  int       // members in groups
	waiting []arrival // until the room is loaded or refreshed
	scratch []byte

	refreshing bool

	// Guarded by Hub.mu.
	users      int       // members here or on their way in
	emptySince time.Time // when the last of them left
}

// arrival is a member on its way in.
type arrival struct {
	member    *Member
	since     Since
	asked     bool // it has the room read from the log
	refreshed bool // the room was read from the log after this arrival asked
	read      int  // entries of history read for it
}

func newRoom(h *Hub, n name.Room) *room {
	r := &room{hub: h, name: n, run: run{limit: h.runBytes}}
	r.view.Store(r.run.view())
	return r
}

// reset begins the run with entries. Members that are here are told of a gap.
func (r *room) reset(entries []wire.Entry, whole bool) {
	r.mu.Lock()
	r.run.restart(whole)
	r.scratch = r.run.add(entries, r.scratch)
	r.loaded = true
	r.view.Store(r.run.view())
	ready := r.waiting
	r.waiting = nil
	r.mu.Unlock()
	r.admit(ready)
}

// deliver continues the run.
func (r *room) deliver(entries []wire.Entry) {
	r.mu.Lock()
	r.scratch = r.run.add(entries, r.scratch)
	r.view.Store(r.run.view())
	r.mu.Unlock()
}

// refreshed lets those in who waited for the log's newest.
func (r *room) refreshed() {
	r.mu.Lock()
	ready := r.waiting
	r.waiting, r.refreshing = nil, false
	for i := range ready {
		ready[i].refreshed = ready[i].asked
	}
	r.mu.Unlock()
	r.admit(ready)
}

// admit lets members in on a goroutine: thousands may have waited, and the
// caller holds the follower's lock.
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

// flush writes what members lack, or has the flushers do so. No lock is held
// while it writes: it goes by a list of its own.
func (r *room) flush() {
	r.mu.Lock()
	if len(r.groups) != 1 || !r.groups[0].few() {
		for _, g := range r.groups {
			r.hub.flushers.mark(g)
		}
		r.mu.Unlock()
		return
	}
	list := r.hub.lists.Get().(*[]*Member)
	*list = r.groups[0].appendTo((*list)[:0])
	r.mu.Unlock()
	for _, m := range *list {
		m.flush()
	}
	clear(*list)
	r.hub.lists.Put(list)
}

// leave takes m's seat, or its place among those who wait: while the log is
// away guests come and go without ever being let in.
func (r *room) leave(m *Member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if g := m.seat.group; g != nil {
		g.remove(m)
		r.seated--
		r.closeUpLocked()
		return
	}
	r.waiting = slices.DeleteFunc(r.waiting, func(a arrival) bool { return a.member == m })
}

// closeUpLocked seats the members of one group among the others, when half of their
// seats would be enough. Otherwise a room that was crowded once would be walked
// group by group for ever. Those who are moved are marked: a flusher may be done
// with the group where they sit now, and not have come to the one they left.
func (r *room) closeUpLocked() {
	last := len(r.groups) - 1
	if last < 1 || r.seated > last*groupMembers/2 {
		return
	}
	closing := r.groups[last]
	r.groups[last] = nil
	r.groups = r.groups[:last]
	moved := closing.appendTo(nil)
	for _, m := range moved {
		closing.remove(m)
		r.seated--
		r.seatLocked(m)
	}
	for _, g := range r.groups {
		if len(moved) > 0 {
			r.hub.flushers.mark(g)
		}
	}
}

// seatLocked gives m a seat.
func (r *room) seatLocked(m *Member) {
	r.seated++
	for i := len(r.groups) - 1; i >= 0; i-- {
		if r.groups[i].add(m) {
			return
		}
	}
	g := new(group)
	r.groups = append(r.groups, g)
	g.add(m)
}

// quiet gives memory back that only a busy room needs.
func (r *room) quiet() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.run.buf) > quietBytes && time.Since(r.run.last().Time()) > quietAfter {
		r.run.shrink(quietBytes, runFrames)
		r.view.Store(r.run.view())
	}
}
