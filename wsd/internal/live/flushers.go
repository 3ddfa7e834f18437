package live

import (
	"sync"

	"chatter/wsd/internal/wake"
)

// A pass over more members than this is shared among flushers.
const partMembers = 256

// part is some of a room's members, the unit of work of a flusher.
type part struct {
	room    *room
	first   int         // index of the first member
	flusher wake.Worker // awake while the part is queued or its members are written to
}

// appendTo appends the part's members to dst.
func (p *part) appendTo(dst []*Member) []*Member {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	all := p.room.members
	return append(dst, all[min(p.first, len(all)):min(p.first+partMembers, len(all))]...)
}

// flushers write to the members of the parts that are woken.
type flushers struct {
	mu      sync.Mutex
	some    sync.Cond // the queue is not empty, or stopped
	queue   []*part
	stopped bool
	running sync.WaitGroup
}

func newFlushers(n int) *flushers {
	f := &flushers{}
	f.some.L = &f.mu
	for range n {
		f.running.Go(f.loop)
	}
	return f
}

// wake has the members of p written to. Messages that are appended to the room before a
// flusher begins with p leave in the same pass. It does not block.
func (f *flushers) wake(p *part) {
	if p.flusher.Wake() {
		f.push(p)
	}
}

func (f *flushers) push(p *part) {
	f.mu.Lock()
	f.queue = append(f.queue, p)
	f.mu.Unlock()
	f.some.Signal()
}

// pop blocks for a part. It returns nil when the flushers are stopped and the queue is
// empty.
func (f *flushers) pop() *part {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.queue) == 0 {
		if f.stopped {
			return nil
		}
		f.some.Wait()
	}
	p := f.queue[0]
	f.queue[0] = nil
	f.queue = f.queue[1:]
	return p
}

func (f *flushers) loop() {
	var members []*Member // a copy: no lock is held while writing
	for p := f.pop(); p != nil; p = f.pop() {
		members = p.appendTo(members[:0])
		for _, m := range members {
			m.Flush()
		}
		clear(members)
		if !p.flusher.Sleep() {
			f.push(p)
		}
	}
}

// stop ends the flushers once the queue is empty, and waits for them.
func (f *flushers) stop() {
	f.mu.Lock()
	f.stopped = true
	f.mu.Unlock()
	f.some.Broadcast()
	f.running.Wait()
}
