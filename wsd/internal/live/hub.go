package live

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
)

// Hub is the live rooms of this process. It is safe for concurrent use.
type Hub struct {
	Options
	counts     Counts
	users      atomic.Int64              // members that have joined and not left
	held       atomic.Int64              // bytes that rooms and their tails hold
	reclaims   sync.Mutex                // held by reclaim
	waiting    atomic.Int64              // bytes that wait for slow members
	maxWaiting int64                     // bound of waiting
	readers    chan struct{}             // holds a token for each reader of a history at work
	outage     atomic.Pointer[time.Time] // since when histories cannot be read; nil while they can

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
	o.MaxTailBytes, o.MaxMemory = cmp.Or(o.MaxTailBytes, maxTailBytes), cmp.Or(o.MaxMemory, maxMemory)
	h := &Hub{
		Options: o, maxWaiting: maxWaiting,
		readers: make(chan struct{}, historyReaders), rooms: make(map[string]*room),
	}
	h.joining, h.stopJoining = context.WithCancel(context.Background())
	h.ctx, h.stop = context.WithCancel(context.Background())
	h.running.Go(h.sweepLoop)
	return h
}

// Close ends the sweeps and the reading of histories. Members are not closed; see CloseAll.
func (h *Hub) Close() {
	h.stop()
	h.running.Wait()
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
		m.Close(wire.CloseOverloaded, wire.RetryReason(h.Spread(int(h.users.Load()))))
		return
	}
	h.users.Add(1)
	m.room = r
	r.join(arrival{member: m, since: since, came: since.id})
}

// use finds or makes the room and counts the caller as a user of it. It returns nil if
// there are too many rooms.
func (h *Hub) use(n name.Room) *room {
	h.watching.Lock()
	defer h.watching.Unlock()
	h.mu.Lock()
	r, known := h.rooms[n.Key()]
	if !known && len(h.rooms) < h.maxRooms() {
		r = newRoom(h, n)
		h.rooms[n.Key()] = r
	}
	if r != nil {
		r.users++
	}
	h.mu.Unlock()
	if r != nil && !known {
		h.Source.Watch(n)
	}
	return r
}

// find returns the room with this key, or nil.
func (h *Hub) find(key string) *room {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rooms[key]
}

// Leave takes m out of its room, if it has joined one. It blocks until what was sent to m
// alone and its close frame have been written or cannot be, for two seconds at most;
// nothing of the room is written any more. The connection may be closed then.
func (h *Hub) Leave(m *Member) {
	m.leave()
	r := m.room
	if r == nil {
		return
	}
	r.drop(m)
	h.users.Add(-1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.users--; r.users == 0 {
		r.emptySince = time.Now()
	}
}

// Empty reports whether the log of m's room is known to have no entries.
func (h *Hub) Empty(m *Member) bool {
	if m.room == nil {
		return false
	}
	v := m.room.view.Load()
	return v.whole && len(v.marks) == 0
}

// oldest is the lowest ID that has not expired.
func (h *Hub) oldest() wire.ID { return wire.FirstID(h.Now().Add(-h.Retention)) }

// Rooms are the rooms that are held.
func (h *Hub) Rooms() []name.Room {
	h.mu.Lock()
	defer h.mu.Unlock()
	names := make([]name.Room, 0, len(h.rooms))
	for _, r := range h.rooms {
		names = append(names, r.name)
	}
	return names
}

// all are the rooms and feeds.
func (h *Hub) all() []*room {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.AppendSeq(slices.Clone(h.feeds), maps.Values(h.rooms))
}
