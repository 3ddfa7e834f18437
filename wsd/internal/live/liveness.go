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
