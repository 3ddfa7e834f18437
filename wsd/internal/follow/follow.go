// Package follow delivers every entry of the followed rooms, each once and in the log's order.
//
// The stream is the only source of entries. A room is read forward from the last entry delivered,
// LAST: the reply must begin with LAST, and everything after it is delivered, no matter which
// process appended it. When LAST is gone from the log, package roomlog tells whether that is a
// gap. A room has these states:
//
//	Watch ──► loading ──(newest entries read: Sink.Reset)──► continuing ──(entries read: Sink.Deliver)─┐
//	             ▲                                              │   ▲                                  │
//	             └──────────────────────(gap)───────────────────┘   └──────────────────────────────────┘
//
// After Unwatch its state is left.
//
// The package comment of roomlog shows the way of a message and of a notification, with the
// functions here. A room is marked dirty, mostly by Log.MarkDirty, when its log may hold something
// new:
//
//	subscriber.receive    its channel is subscribed, for the first time or anew
//	ticks.tick            a notification has come
//	Follower.Refresh      package live asks for it
//	Follower.sweepLoop    it was not read for SweepEvery: a notification may have been lost
//	Log.release           an append of this process failed, and may have been stored
//	room.End              there is more to read
//
// Lock order: the Log's lock (Begin is called under it), Follower.mu, subscriber.mu,
// room.mu, the Sink's. ticks.mu is held with no other. The Log is called under none of
// ours.
package follow

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
)

// SweepEvery is how long a room may go without a read, and so how long a lost notification may
// delay a message.
const SweepEvery = 5 * time.Second

// Sink takes what a Follower finds. Its methods but Flush are called one at a
// time for a room, in order, under a lock of the Follower: they must not block,
// and must not call the Follower.
type Sink interface {
	// Reset begins a room: entries are its newest, oldest first; removed are
	// the messages that were removed; whole says that there are no older
	// entries. A second Reset of a watched room is a
	// gap: continuity with what was delivered cannot be proven.
	Reset(room name.Room, entries []wire.Entry, removed []wire.Removal, whole bool)
	// Deliver continues a room with the entries that follow in the log.
	Deliver(room name.Room, entries []wire.Entry)
	// Refreshed says that a Refresh is done: what was in the log when it was
	// called has been delivered.
	Refreshed(room name.Room)
	// Flush follows Reset and Deliver, on the same goroutine: what was
	// delivered may be written now. No lock is held, so several may be called
	// for a room at a time; it must not wait for anybody.
	Flush(room name.Room)
}

// Follower follows rooms. It is safe for concurrent use.
type Follower struct {
	client     *redisconn.Client
	log        *roomlog.Log
	sink       Sink
	sweepEvery time.Duration

	mu    sync.Mutex
	rooms map[string]*room       // by room key
	subs  map[string]*subscriber // by address

	ticks ticks

	// tamper stands between pub/sub and the rooms, for tests.
	tamper func(channel string, notify func(channel string))

	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
}

// New starts a Follower without rooms. Close ends it. It subscribes through c. A room that was not
// read for sweepEvery is read.
func New(c *redisconn.Client, log *roomlog.Log, sink Sink, sweepEvery time.Duration) *Follower {
	ctx, stop := context.WithCancel(context.Background())
	f := &Follower{
		client: c, log: log, sink: sink, sweepEvery: sweepEvery,
		rooms:  make(map[string]*room),
		subs:   make(map[string]*subscriber),
		ticks:  ticks{markDirty: log.MarkDirty},
		tamper: func(channel string, notify func(string)) { notify(channel) },
		ctx:    ctx, stop: stop,
	}
	f.running.Go(f.sweepLoop)
	log.SetReaders(f.reader)
	return f
}

// Close stops following and waits for the Follower's goroutines. Afterwards the
// sink gets nothing new. A Flush that the Log has begun may still be under way.
func (f *Follower) Close() {
	f.log.SetReaders(nil)
	f.stop()
	for _, r := range f.all() {
		r.leave()
	}
	f.running.Wait()
}

// Watch begins to follow a room, if it is not followed. The sink gets a Reset
// when the room has been read. It does not block.
func (f *Follower) Watch(n name.Room) {
	f.mu.Lock()
	if _, ok := f.rooms[n.Key()]; ok {
		f.mu.Unlock()
		return
	}
	r := newRoom(f, n)
	f.rooms[n.Key()] = r
	f.mu.Unlock()
	f.assign(r) // the confirmation of its subscription has it read
}

// Unwatch ends following a room: no call of the sink for it begins after Unwatch
// returns, but for a Flush. It does not block for Redis.
func (f *Follower) Unwatch(n name.Room) {
	f.mu.Lock()
	r := f.rooms[n.Key()]
	delete(f.rooms, n.Key())
	f.mu.Unlock()
	if r == nil {
		return
	}
	r.leave()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.subs {
		s.drop(r)
	}
}

// Refresh has a room read now; the sink's Refreshed follows. It does nothing for a
// room that is not watched. It does not block.
func (f *Follower) Refresh(n name.Room) {
	if r := f.watched(n); r != nil {
		r.askRefresh()
		f.log.MarkDirty(n)
	}
}

// reader returns the Reader of a room, nil if the room is not watched.
func (f *Follower) reader(n name.Room) roomlog.Reader {
	if r := f.watched(n); r != nil {
		return r
	}
	return nil
}

func (f *Follower) watched(n name.Room) *room {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rooms[n.Key()]
}

// sweepLoop has rooms read that were not read for a while: a notification may have
// been lost.
func (f *Follower) sweepLoop() {
	const steps = 10 // of a period; a room waits for one of them at most
	tick := time.NewTicker(f.sweepEvery / steps)
	defer tick.Stop()
	for {
		select {
		case <-f.ctx.Done():
			return
		case now := <-tick.C:
			before := now.Add(-f.sweepEvery * (steps - 1) / steps)
			for _, r := range f.all() {
				if r.readBefore(before) {
					f.log.MarkDirty(r.name)
				}
			}
		}
	}
}

func (f *Follower) all() []*room {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Values(f.rooms))
}
