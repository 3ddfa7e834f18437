package live

import (
	"iter"
	"runtime"
	"slices"

	"chatter/wsd/internal/wake"
)

const (
	// The goroutine that delivers writes to the members of a room that has no more than
	// these: to wake another one costs as much as some of the writes.
	inlineMembers = 32
	// The members of a larger room are written to by one goroutine for so many.
	partMembers = 256
)

// part is some of a large room's members, which one goroutine writes to.
type part struct {
	worker wake.Worker
	flush  func() // the worker; made once, because a go statement with a method allocates
}

// newPart returns the part whose first member has this index.
func newPart(r *room, first int) *part {
	p := new(part)
	p.flush = func() {
		for {
			for i := first; i < first+partMembers; i += inlineMembers {
				r.flushFrom(i)
			}
			if p.worker.Sleep() {
				return
			}
			runtime.Gosched() // the other parts are next
		}
	}
	return p
}

// flush writes what members lack, or has other goroutines do so: messages that are delivered
// before one of them begins leave in the same pass. No lock is held while it writes.
func (r *room) flush() {
	r.mu.Lock()
	small, parts := len(r.members) <= inlineMembers, r.parts
	r.mu.Unlock()
	if small {
		r.flushFrom(0)
		return
	}
	for _, p := range parts {
		if p.worker.Wake() {
			go p.flush()
		}
	}
}

// flushFrom writes to inlineMembers members, from this index on.
func (r *room) flushFrom(first int) {
	var some [inlineMembers]*Member
	r.mu.Lock()
	n := copy(some[:], r.members[min(first, len(r.members)):])
	r.mu.Unlock()
	for _, m := range some[:n] {
		m.Flush()
	}
}

// addLocked adds m to the members.
func (r *room) addLocked(m *Member) {
	m.index = len(r.members)
	r.members = append(r.members, m)
	if m.index/partMembers == len(r.parts) {
		r.parts = append(r.parts, newPart(r, m.index))
	}
}

// drop takes m out of the members, or of the arrivals: while the log cannot be read,
// guests come and go without being let in. The last member moves to m's index.
func (r *room) drop(m *Member) {
	r.mu.Lock()
	last := len(r.members) - 1
	if m.index > last || r.members[m.index] != m {
		r.arrivals = slices.DeleteFunc(r.arrivals, func(a arrival) bool { return a.member == m })
		r.mu.Unlock()
		return
	}
	moved := r.members[last]
	moved.index = m.index
	r.members[m.index], r.members[last] = moved, nil
	r.members = r.members[:last]
	if n := last / partMembers; last%partMembers == 0 {
		r.parts = r.parts[:n:n] // flush reads the old ones without the lock
	}
	r.mu.Unlock()
	// A worker may have passed the index at which it is now, and not have reached the one
	// at which it was.
	moved.Flush()
}

// everyone yields every member of the rooms and feeds, and those that wait to be let in. No lock
// is held meanwhile.
func (h *Hub) everyone() iter.Seq[*Member] {
	return func(yield func(*Member) bool) {
		var members []*Member
		for _, r := range h.all() {
			r.mu.Lock()
			members = append(members[:0], r.members...)
			for _, a := range r.arrivals {
				members = append(members, a.member)
			}
			r.mu.Unlock()
			for _, m := range members {
				if !yield(m) {
					return
				}
			}
		}
	}
}
