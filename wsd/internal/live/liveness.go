package live

import (
	"sync"
	"time"
)

// liveness is when the peer was last heard of. Its times come from time.Now and are
// compared with Sub: the monotonic clock, so that a wall clock that is set cuts nobody.
// It is safe for concurrent use.
type liveness struct {
	mu     sync.Mutex
	heard  time.Time
	pinged time.Time // zero unless a ping is unanswered
}

// Heard notes that the peer has sent something.
func (l *liveness) Heard(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard, l.pinged = now, time.Time{}
}

// Unanswered is for how long a ping has been without any sign of the peer; zero if none
// is.
func (l *liveness) Unanswered(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pinged.IsZero() {
		return 0
	}
	return now.Sub(l.pinged)
}

// pingDue reports whether the peer has been silent for interval and is not pinged, and
// notes that it is pinged now.
func (l *liveness) pingDue(now time.Time, interval time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.pinged.IsZero() || now.Sub(l.heard) < interval {
		return false
	}
	l.pinged = now
	return true
}

// sweepLoop looks at every room and member once a second, so that none needs a timer of
// its own.
func (h *Hub) sweepLoop() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case now := <-tick.C:
			h.Sweep(now)
		}
	}
}

// Sweep pings members that have been silent, aborts those that do not answer, drops what
// has expired, and gives back memory that is not needed any more, as of now. The hub calls it
// every second.
func (h *Hub) Sweep(now time.Time) {
	for _, r := range h.all() {
		r.trim()
	}
	for m := range h.everyone() {
		switch {
		case m.Unanswered(now) >= h.PingTimeout:
			h.counts.Silent.Add(1)
			m.conn.Abort()
		case m.pingDue(now, h.PingInterval):
			m.Control(pingFrame)
		}
	}
	h.unload(now)
}
