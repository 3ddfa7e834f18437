// Package live is the room engine: it hands each message of a room to every
// member of the room, once and in the log's order.
//
// A room keeps a bounded run of its newest frames, made once per message; a
// member is a cursor into it. Whoever delivers to a small room writes to its
// members; those of a large one are walked by a few flushers. Either gives each
// member that is behind everything from its cursor to the head, in one write
// that does not block. There is no queue per member: a slow one costs itself a
// goroutine while it catches up, and is closed when the run has gone on without
// it.
//
// A way through the files: run.go and frame.go, what is kept; room.go and
// group.go, who is there; join.go, how one gets in; member.go and flush.go, how
// one is written to; close.go, how one ends. hub.go has what comes in from
// outside, sweep.go what is done once a second.
//
// The package must not know of WebSocket handshakes, nor of Redis: a Source
// follows the logs, a Conn takes bytes.
//
// Lock order: Hub.watching, the Source's own, Hub.mu, room.mu, group.mu,
// Member.mu. The Source's come there because it is told to Watch and Unwatch
// under Hub.watching, and calls Reset, Deliver and Refreshed under its own. A
// Conn's writes happen under none of them.
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

// Source follows the logs of rooms. It calls the Hub's Reset, Deliver and
// Refreshed, one at a time for a room, and Flush after them. Its methods do not
// block.
type Source interface {
	Watch(name.Room)
	Unwatch(name.Room)
	Refresh(name.Room)
}

// History reads a log: up to n entries after id, and whether id stands in it.
type History interface {
	After(ctx context.Context, room name.Room, id wire.ID, n int) (entries []wire.Entry, stands bool, err error)
}

const (
	// A room without members is kept for a while: guests reload pages.
	unloadAfter = 15 * time.Second
	// A room is quiet when its newest message is this old.
	quietAfter = time.Minute
	// A page of history is a moment's work; a member that does not take it
	// in this time is too slow.
	historyTimeout = 30 * time.Second
)

// Options are the hub's parts and times.
type Options struct {
	Source       Source
	History      History
	PingInterval time.Duration // a silent peer is pinged this often
	PingTimeout  time.Duration // and cut when it does not answer for so long
	RunBytes     int           // of frames kept in each room; RunBytes if zero
	// Spread picks how long a client should wait before it reconnects, when
	// n of them are told to.
	Spread func(n int) time.Duration
}

// Counts are totals since the start.
type Counts struct {
	Messages, Gaps, TooSlow, Silent atomic.Int64
}

// Hub is the live rooms of this process. It is safe for concurrent use.
type Hub struct {
	source   Source
	history  History
	interval time.Duration
	timeout  time.Duration
	spread   func(int) time.Duration
	runBytes int
	flushers *flushers
	readers  chan struct{} // holds a token per history reader at work
	lists    sync.Pool     // of *[]*Member: see room.flush
	counts   Counts

	watching sync.Mutex // Source.Watch and Unwatch agree with rooms

	mu    sync.Mutex
	rooms map[string]*room // by key
	feeds []*room

	closing atomic.Pointer[closing] // nil until CloseAll
	open    context.Context         // ends with CloseAll
	shut    context.CancelFunc

	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
}

// NewHub starts a hub. Close ends it.
func NewHub(o Options) *Hub {
	if o.RunBytes == 0 {
		o.RunBytes = RunBytes
	}
	ctx, stop := context.WithCancel(context.Background())
	open, shut := context.WithCancel(context.Background())
	h := &Hub{
		runBytes: o.RunBytes,
		source:   o.Source, history: o.History,
		interval: o.PingInterval, timeout: o.PingTimeout, spread: o.Spread,
		flushers: newFlushers(runtime.GOMAXPROCS(0)),
		readers:  make(chan struct{}, historyReaders),
		lists:    sync.Pool{New: func() any { return new([]*Member) }},
		rooms:    make(map[string]*room),
		open:     open, shut: shut,
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

// Join lets m into the room n, from since on. Nothing is sent before the room
// has been read from its log. Every Join is followed by one Leave, after it.
// It does not block.
func (h *Hub) Join(n name.Room, m *Member, since Since) {
	r := h.enter(n)
	m.room = r
	r.join(arrival{member: m, since: since})
}

// enter finds or makes the room and counts the caller as a user of it.
func (h *Hub) enter(n name.Room) *room {
	if r := h.find(n, 1); r != nil {
		return r
	}
	h.watching.Lock()
	defer h.watching.Unlock()
	if r := h.find(n, 1); r != nil {
		return r
	}
	r := newRoom(h, n)
	r.users = 1
	h.mu.Lock()
	h.rooms[n.Key()] = r
	h.mu.Unlock()
	h.source.Watch(n)
	return r
}

// find returns a room that is here, and counts users more of them.
func (h *Hub) find(n name.Room, users int) *room {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[n.Key()]
	if r != nil {
		r.users += users
	}
	return r
}

// Leave ends m: nothing is sent to it any more.
func (h *Hub) Leave(m *Member) {
	m.mu.Lock()
	m.left = true
	m.mu.Unlock()
	r := m.room
	if r == nil {
		return
	}
	r.leave(m)
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.users--; r.users == 0 {
		r.emptySince = time.Now()
	}
}

// Reset begins the room n with the newest entries of its log, oldest first.
// whole says that the log has no older ones. Members who are here are told of
// a gap by the Flush that follows.
func (h *Hub) Reset(n name.Room, entries []wire.Entry, whole bool) {
	if r := h.find(n, 0); r != nil {
		r.reset(entries, whole)
	}
}

// Deliver continues the room n. Nothing is written before Flush.
func (h *Hub) Deliver(n name.Room, entries []wire.Entry) {
	if r := h.find(n, 0); r != nil {
		h.counts.Messages.Add(int64(len(entries)))
		r.deliver(entries)
	}
}

// Flush writes what was delivered to the members of the room n. It does not
// wait for any of them. It may be called from any goroutine, under no lock.
func (h *Hub) Flush(n name.Room) {
	if r := h.find(n, 0); r != nil {
		r.flush()
	}
}

// Refreshed says that the room n has been read since Refresh was called.
func (h *Hub) Refreshed(n name.Room) {
	if r := h.find(n, 0); r != nil {
		r.refreshed()
	}
}

// Rooms is how many rooms are held.
func (h *Hub) Rooms() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.rooms)
}
