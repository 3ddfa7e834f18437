package roomlog

import (
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
)

// followed is one watched room.
type followed struct {
	follower *Follower
	room     name.Room
	channel  string
	sub      *subscriber // guarded by Follower.mu

	mu         sync.Mutex // held while the sink is called
	ended      bool
	subscribed bool    // the channel is confirmed: what is read from now on lacks nothing
	loaded     bool    // chain stands on something read
	looking    bool    // queued for a look at the stream, or being read
	again      bool    // look once more after that
	refresh    bool    // somebody waits for a look that begins from now on
	refreshing bool    // somebody waits for the look under way
	grace      bool    // a timer for early hints runs
	asked      wire.ID // the last entry when the look under way began
	chain      chain
	failures   int
}

// take judges hints that came together, and reports whether any of them could
// be delivered, so that a Flush is due.
func (r *followed) take(hints ...hint) (flush bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var entries []Entry
	for _, h := range hints {
		entries = r.judgeLocked(entries, h)
	}
	if len(entries) > 0 {
		r.follower.sink.Deliver(r.room, entries)
	}
	return len(entries) > 0
}

// judgeLocked appends to dst what may be delivered because of h, and has the
// stream read if h cannot be trusted.
func (r *followed) judgeLocked(dst []Entry, h hint) []Entry {
	switch {
	case r.ended:
		return dst
	case !r.loaded:
		if r.subscribed && !h.known && !r.chain.hold(h) {
			r.lookLocked()
		}
		return dst
	case h.known:
		if h.id.Compare(r.chain.last) > 0 {
			// A look under way may have seen the stream before h was in it.
			r.again = r.looking
			r.graceLocked()
		}
		return dst
	}
	dst, v := r.chain.take(dst, h)
	switch v {
	case early:
		r.graceLocked()
	case suspect:
		r.lookLocked()
	}
	return dst
}

// graceLocked has the stream read if the missing predecessors do not come.
func (r *followed) graceLocked() {
	if r.grace || r.looking {
		return
	}
	r.grace = true
	time.AfterFunc(earlyGrace, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.grace = false
		r.lookLocked()
	})
}

// confirmed is called when the channel's subscription stands, for the first
// time or anew: whatever was published before may have been missed.
func (r *followed) confirmed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.subscribed = true
	r.lookLocked()
}

// lookLocked queues the room for a look at the stream.
func (r *followed) lookLocked() {
	switch {
	case r.ended || !r.subscribed:
	case r.looking:
		r.again = true
	default:
		r.looking = true
		r.follower.enqueue(r)
	}
}

func (r *followed) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
}

func (r *followed) isEnded() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ended
}
