package live

import (
	"sync"
	"sync/atomic"
)

// A pass over more members than this is shared among flushers.
const groupMembers = 256

// group is some of a room's members, the unit of work of a flusher.
type group struct {
	queued atomic.Bool // waits for a flusher

	mu      sync.Mutex
	members []*Member
}

// seat is a member's place in its room.
type seat struct {
	group *group
	index int
}

// add seats m, if there is a place left.
func (g *group) add(m *Member) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.members) >= groupMembers {
		return false
	}
	m.seat = seat{g, len(g.members)}
	g.members = append(g.members, m)
	return true
}

// remove takes m out and moves the last member to its seat.
func (g *group) remove(m *Member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	last := len(g.members) - 1
	moved := g.members[last]
	g.members[m.seat.index] = moved
	moved.seat.index = m.seat.index
	g.members[last] = nil
	g.members = g.members[:last]
	m.seat = seat{}
}

func (g *group) few() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.members) <= inlineMembers
}

// appendTo appends the group's members to dst.
func (g *group) appendTo(dst []*Member) []*Member {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append(dst, g.members...)
}

// flushers walk the groups that have something to send.
type flushers struct {
	mu      sync.Mutex
	wake    sync.Cond
	queue   []*group
	stopped bool
	running sync.WaitGroup
}

func newFlushers(n int) *flushers {
	f := &flushers{}
	f.wake.L = &f.mu
	for range n {
		f.running.Go(f.loop)
	}
	return f
}

// mark queues g, if it is not queued. What is appended to the room before a
// flusher begins with g goes out in the same pass.
func (f *flushers) mark(g *group) {
	if g.queued.Swap(true) {
		return
	}
	f.mu.Lock()
	f.queue = append(f.queue, g)
	f.mu.Unlock()
	f.wake.Signal()
}

func (f *flushers) next() *group {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.queue) == 0 {
		if f.stopped {
			return nil
		}
		f.wake.Wait()
	}
	g := f.queue[0]
	f.queue[0] = nil
	f.queue = f.queue[1:]
	return g
}

func (f *flushers) loop() {
	var members []*Member // the flusher's own copy: no lock is held while writing
	for {
		g := f.next()
		if g == nil {
			return
		}
		g.queued.Store(false)
		members = g.appendTo(members[:0])
		for _, m := range members {
			m.flush()
		}
		clear(members)
	}
}

// stop ends the flushers once the queue is empty.
func (f *flushers) stop() {
	f.mu.Lock()
	f.stopped = true
	f.mu.Unlock()
	f.wake.Broadcast()
	f.running.Wait()
}
