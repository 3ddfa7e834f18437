package live

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
)

// Source follows the logs of rooms. It calls the Hub's Reset, Deliver and Refreshed, one
// at a time for a room, and Flush after them. Its methods do not block.
type Source interface {
	Watch(name.Room)
	Unwatch(name.Room)
	// Refresh has the log read: Refreshed follows when what is in it now has been
	// delivered.
	Refresh(name.Room)
}

const (
	// A room without members is kept for a while: guests reload pages.
	unloadAfter = 15 * time.Second
	// A room whose newest message is this old gives memory back.
	quietAfter = time.Minute
)

// Sessions knows which sessions have ended. Its methods do not block.
type Sessions interface {
	// Known reports whether it is known which have. Nobody is let in before.
	Known() bool
	Ended(session string) bool
}

// Hub is the live rooms of this process. It is safe for concurrent use.
type Hub struct {
	source        Source
	history       History
	sessions      Sessions
	interval      time.Duration
	timeout       time.Duration
	spread        func(int) time.Duration
	runBytes      int
	retention     time.Duration
	now           func() time.Time
	flushers      *flushers
	runMemory     int64
	runs          atomic.Int64 // bytes that rooms and their runs hold
	reclaims      sync.Mutex   // held by reclaim
	waitingMemory int64
	waiting       atomic.Int64  // bytes that wait for slow members
	readers       chan struct{} // holds a token for each reader of a history at work
	counts        Counts
	outage        outage // of the history

	watching sync.Mutex // held from a change of rooms to the Source's Watch or Unwatch

	mu    sync.Mutex
	rooms map[string]*room // by key
	feeds []*room

	closing     atomic.Pointer[closingAll] // nil until CloseAll
	joining     context.Context            // ends with CloseAll
	stopJoining context.CancelFunc

	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
}

// NewHub starts a hub. Close ends it.
func NewHub(o Options) *Hub {
	o = o.withDefaults()
	ctx, stop := context.WithCancel(context.Background())
	joining, stopJoining := context.WithCancel(context.Background())
	h := &Hub{
		runBytes: o.RunBytes, runMemory: o.RunMemory, waitingMemory: o.WaitingMemory, retention: o.Retention, now: o.Now,
		source: o.Source, history: o.History, sessions: o.Sessions,
		interval: o.PingInterval, timeout: o.PingTimeout, spread: o.Spread,
		flushers: newFlushers(runtime.GOMAXPROCS(0)),
		readers:  make(chan struct{}, historyReaders),
		rooms:    make(map[string]*room),
		joining:  joining, stopJoining: stopJoining,
		ctx: ctx, stop: stop,
	}
	h.running.Go(h.sweepLoop)
	return h
}

// Close ends the hub's goroutines. Members are not closed; see CloseAll.
func (h *Hub) Close() {
	h.stop()
	h.running.Wait()
	h.flushers.stop()
}

// Counts are the hub's totals.
func (h *Hub) Counts() *Counts { return &h.counts }

// Join lets m into the room n, from since on. Nothing of the room is sent before it has
// been read from its log. If there are too many rooms, m is closed with 1013. Every Join is
// followed by one Leave, after it. It does not block.
func (h *Hub) Join(n name.Room, m *Member, since Since) {
	r := h.use(n)
	if r == nil {
		h.counts.Refused.Add(1)
		m.Close(wire.CloseOverloaded, wire.RetryReason(h.spread(h.users())))
		return
	}
	m.room = r
	r.join(arrival{member: m, since: since, came: since.id})
}

// use finds or makes the room and counts the caller as a user of it. It returns nil if
// there are too many rooms.
func (h *Hub) use(n name.Room) *room {
	if r := h.find(n, 1); r != nil {
		return r
	}
	h.watching.Lock()
	defer h.watching.Unlock()
	if r := h.find(n, 1); r != nil {
		return r
	}
	h.mu.Lock()
	if len(h.rooms) >= h.maxRooms() {
		h.mu.Unlock()
		return nil
	}
	r := newRoom(h, n)
	r.users = 1
	h.rooms[n.Key()] = r
	h.mu.Unlock()
	h.source.Watch(n)
	return r
}

// find returns a room that is here, and adds to its users. It is nil if there is none.
func (h *Hub) find(n name.Room, users int) *room {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[n.Key()]
	if r != nil {
		r.users += users
	}
	return r
}

// Leave takes m out of its room, if it has joined one. It blocks until what was sent to m
// alone and its close frame have been written or cannot be, for two seconds at most;
// nothing of the room is written any more. The connection may be closed then.
func (h *Hub) Leave(m *Member) {
	if r := m.room; r != nil {
		defer h.release(r)
		defer r.remove(m)
	}
	m.leave()
}

// Empty reports whether the log of m's room is known to have no entries.
func (h *Hub) Empty(m *Member) bool { return m.room != nil && m.room.view.Load().empty }

// release takes a user from r.
func (h *Hub) release(r *room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.users--; r.users == 0 {
		r.emptySince = time.Now()
	}
}

// Reset begins the room n with the newest entries of its log, oldest first. whole says
// that the log has no older ones, and removed are the messages that were removed from it. The
// Flush that follows tells members that are here of a gap. It does not block.
func (h *Hub) Reset(n name.Room, entries []wire.Entry, removed []wire.Removal, whole bool) {
	if r := h.find(n, 0); r != nil {
		r.reset(entries, removed, whole)
	}
}

// Deliver continues the room n. Nothing is written before Flush. It does not block.
func (h *Hub) Deliver(n name.Room, entries []wire.Entry) {
	if r := h.find(n, 0); r != nil {
		h.counts.Messages.Add(int64(len(entries)))
		r.deliver(entries)
	}
}

// Flush writes what was delivered to the members of the room n. It does not wait for any
// of them. The caller must hold no lock.
func (h *Hub) Flush(n name.Room) {
	if r := h.find(n, 0); r != nil {
		r.flush()
		h.reclaim()
	}
}

// Refreshed says that the room n has been read since Refresh was called. It does not
// block.
func (h *Hub) Refreshed(n name.Room) {
	if r := h.find(n, 0); r != nil {
		r.refreshed()
	}
}

// oldest is the lowest ID that has not expired.
func (h *Hub) oldest() wire.ID { return wire.FirstID(h.now().Add(-h.retention)) }

// Rooms is how many rooms are held.
func (h *Hub) Rooms() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.rooms)
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

// users is how many members have joined and not left, everywhere.
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
