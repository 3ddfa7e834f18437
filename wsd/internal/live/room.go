package live

import (
	"sync"
	"sync/atomic"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
)

// A room whose newest message is this old gives memory back.
const quietAfter = time.Minute

// roomState is how the tail stands to the log:
//
//	         Reset            Refresh
//	loading ───────► current ─────────► refreshing
//	                    ▲                   │
//	                    └──── Refreshed ────┘
type roomState uint8

const (
	loading    roomState = iota // the log has not been read: members wait
	current                     // the tail follows the log
	refreshing                  // the log is read for members that are ahead of the tail
)

// String implements fmt.Stringer.
func (s roomState) String() string { return [...]string{"loading", "current", "refreshing"}[s] }

// room is one live room: the tail of its log, and the members.
type room struct {
	hub  *Hub
	name name.Room
	feed bool
	view atomic.Pointer[view] // of tail, for the writers

	mu       sync.Mutex
	state    roomState
	tail     tail
	held     int       // bytes of tail, as the hub has counted them
	members  []*Member // each knows its index
	parts    []*part   // of members, partMembers each
	arrivals []arrival // that wait until the room is loaded or refreshed, or for Sessions

	// Guarded by Hub.mu.
	users      int       // members that have joined and not left
	emptySince time.Time // when the last of them left
}

func newRoom(h *Hub, n name.Room) *room {
	r := &room{hub: h, name: n, tail: tail{limit: h.MaxTailBytes}}
	h.held.Add(roomBytes)
	r.tailChangedLocked()
	return r
}

// change changes the tail. The writers see it when the change is complete.
func (r *room) change(f func(*tail)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.tail)
	r.tailChangedLocked()
}

// tailChangedLocked shows the tail as it is now to the writers, and counts its memory.
func (r *room) tailChangedLocked() {
	v := r.tail.view
	r.view.Store(&v)
	held := r.tail.bytes()
	r.hub.held.Add(int64(held - r.held))
	r.held = held
}

// Reset begins the room n with the newest entries of its log, oldest first. whole says
// that the log has no older ones, and removed are the messages that were removed from it. The
// Flush that follows tells members that are here of a gap. It does not block.
func (h *Hub) Reset(n name.Room, entries []wire.Entry, removed []wire.Removal, whole bool) {
	if r := h.find(n.Key()); r != nil {
		r.change(func(t *tail) {
			t.restart(whole)
			t.remove(removed)
			t.add(entries)
			if r.state == loading {
				r.state = current
			}
			r.joinArrivalsLocked()
		})
	}
}

// Deliver continues the room n. Nothing is written before Flush. It does not block.
func (h *Hub) Deliver(n name.Room, entries []wire.Entry) {
	if r := h.find(n.Key()); r != nil {
		h.counts.Messages.Add(int64(len(entries)))
		r.change(func(t *tail) { t.add(entries) })
	}
}

// Flush writes what was delivered to the members of the room n. It does not wait for any
// of them. The caller must hold no lock.
func (h *Hub) Flush(n name.Room) {
	if r := h.find(n.Key()); r != nil {
		r.flush()
		h.reclaim()
	}
}

// Refreshed says that the room n has been read since Refresh was called. It does not
// block.
func (h *Hub) Refreshed(n name.Room) {
	r := h.find(n.Key())
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state == refreshing {
		r.state = current
	}
	for i := range r.arrivals {
		r.arrivals[i].refreshed = r.arrivals[i].asked
	}
	r.joinArrivalsLocked()
}

// joinArrivalsLocked has those that wait join again, on a goroutine: thousands may have waited,
// and the caller may hold the Source's lock.
func (r *room) joinArrivalsLocked() {
	ready := r.arrivals
	if len(ready) == 0 {
		return
	}
	r.arrivals = nil
	go func() {
		for _, a := range ready {
			r.join(a)
		}
	}()
}

// trim drops what has expired, and gives memory back that only a busy room needs.
func (r *room) trim() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expireLocked()
	if len(r.tail.buf) > quietBytes && r.hub.Now().Sub(r.tail.last().Time()) > quietAfter {
		r.tail.shrink(quietBytes, maxTailFrames)
		r.tailChangedLocked()
	}
}

// expireLocked drops what has expired. The frames of a feed do not: their IDs are no
// times.
func (r *room) expireLocked() {
	if !r.feed && r.tail.expire(r.hub.oldest()) {
		r.tailChangedLocked()
	}
}
