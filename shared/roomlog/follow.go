package roomlog

import (
	"context"
	"sync"
	"time"

	"chatter/shared/name"
)

const (
	// How long a hint may wait for its predecessor before the stream is read.
	earlyGrace = 25 * time.Millisecond
	// How many entries a room begins with: enough for everybody who comes
	// back after a restart, small enough to read for thousands of rooms.
	loadEntries = 128
	// How many entries one look at the stream brings; more take more looks.
	lookEntries = 256
	// How many rooms are read in one round trip.
	lookRooms   = 32
	lookWorkers = 2
)

// Sink takes what a Follower finds. Its methods but Flush are called one at a
// time for a room, in order, under a lock of the Follower: they must not block,
// and must not call the Follower.
type Sink interface {
	// Reset begins a room: entries are its newest, oldest first; whole says
	// that there are no older ones. A second Reset of a watched room is a
	// gap: continuity with what was delivered cannot be proven.
	Reset(room name.Room, entries []Entry, whole bool)
	// Deliver continues a room with the entries that follow in the log.
	Deliver(room name.Room, entries []Entry)
	// Refreshed says that a Refresh is done: what was in the log when it was
	// called has been delivered.
	Refreshed(room name.Room)
	// Flush follows Reset and Deliver, on the same goroutine: what was
	// delivered may be written now. No lock is held, so several may be called
	// for a room at a time; it must not wait for anybody.
	Flush(room name.Room)
}

// Follower delivers every entry of the watched rooms, each once and in the
// log's order. Live messages are hints: one that does not link to the last
// entry delivered, a subscription made anew, and a slow clock have it read
// the stream from that entry on. When that entry does not stand in the log
// any more, Redis has gone back in time (or dropped the log), and the room is
// reset with a gap.
type Follower struct {
	log  *Log
	sink Sink

	mu    sync.Mutex
	rooms map[string]*followed // by live channel
	subs  map[string]*subscriber

	looks   chan struct{} // a token: queue is not empty
	queueMu sync.Mutex
	queue   []*followed

	// tamper stands between pub/sub and the rooms, for tests. Nil delivers.
	tamper func(channel, payload string, deliver func(channel, payload string))

	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
}

// Follow starts a Follower without rooms. It learns of what this Log appends
// by itself. A Log has one Follower at most. Close ends it.
func (l *Log) Follow(sink Sink) *Follower {
	ctx, stop := context.WithCancel(context.Background())
	f := &Follower{
		log: l, sink: sink,
		rooms: make(map[string]*followed),
		subs:  make(map[string]*subscriber),
		looks: make(chan struct{}, lookWorkers),
		ctx:   ctx, stop: stop,
	}
	for range lookWorkers {
		f.running.Go(f.lookLoop)
	}
	f.running.Go(f.sweepLoop)
	l.follower.Store(f)
	return f
}

// Close stops following and waits for the Follower's goroutines. The sink is
// not called after it returns.
func (f *Follower) Close() {
	f.log.follower.CompareAndSwap(f, nil)
	f.stop()
	for _, r := range f.all() {
		r.end() // an append may have found the room a moment ago
	}
	f.running.Wait()
}

// Watch begins to follow room, if it is not followed. The sink gets a Reset
// when the room has been read. It does not block.
func (f *Follower) Watch(room name.Room) {
	channel := f.log.keys.live(room)
	f.mu.Lock()
	if _, ok := f.rooms[channel]; ok {
		f.mu.Unlock()
		return
	}
	r := &followed{follower: f, room: room, channel: channel}
	f.rooms[channel] = r
	f.mu.Unlock()
	f.assign(r)
}

// Unwatch ends following room: no call of the sink for it begins after
// Unwatch returns. It does not block for Redis.
func (f *Follower) Unwatch(room name.Room) {
	channel := f.log.keys.live(room)
	f.mu.Lock()
	r := f.rooms[channel]
	delete(f.rooms, channel)
	f.mu.Unlock()
	if r == nil {
		return
	}
	r.end()
	f.unassign(r)
}

// Refresh has room read from the stream now; the sink's Refreshed follows.
// It does nothing for a room that is not watched. It does not block.
func (f *Follower) Refresh(room name.Room) {
	if r := f.watched(f.log.keys.live(room)); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.refresh = true
		r.lookLocked()
	}
}

// doubt has room read from the stream, if it is followed: something may have been
// stored in it without an answer, and is nobody's to publish.
func (l *Log) doubt(room name.Room) {
	f := l.follower.Load()
	if f == nil {
		return
	}
	if r := f.watched(l.keys.live(room)); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.lookLocked()
	}
}

// appended delivers entries that this process has stored, without waiting for
// their echo, and reports whether a Flush is due.
func (f *Follower) appended(room name.Room, batch []*pending, stored []Stored) (flush bool) {
	r := f.watched(f.log.keys.live(room))
	if r == nil {
		return false
	}
	hints := make([]hint, len(batch))
	for i, s := range stored {
		hints[i] = hint{id: s.ID, prev: s.Prev, text: batch[i].text, known: s.Known}
	}
	return r.take(hints...)
}

func (f *Follower) watched(channel string) *followed {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rooms[channel]
}

// sweepLoop has every room read now and then: the last live message before a
// silence has no successor that would show its loss.
func (f *Follower) sweepLoop() {
	tick := time.NewTicker(f.log.opts.SweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-f.ctx.Done():
			return
		case <-tick.C:
		}
		for _, r := range f.all() {
			r.mu.Lock()
			r.lookLocked()
			r.mu.Unlock()
		}
	}
}

func (f *Follower) all() []*followed {
	f.mu.Lock()
	defer f.mu.Unlock()
	rooms := make([]*followed, 0, len(f.rooms))
	for _, r := range f.rooms {
		rooms = append(rooms, r)
	}
	return rooms
}
