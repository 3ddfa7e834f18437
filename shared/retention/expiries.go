package retention

import (
	"sync"
	"time"
)

// expiries are times at which Redis forgets something by itself. It keeps the first and the
// last of them: what expires between them is written off with the last. It is safe for
// concurrent use.
type expiries struct {
	mu          sync.Mutex
	first, last time.Time // zero if there are none
}

func (e *expiries) add(at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.first, e.last = earlier(e.first, at), later(e.last, at)
}

// passed reports whether one of them has passed since the last call that reported true.
func (e *expiries) passed(now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.first.IsZero() || now.Before(e.first) {
		return false
	}
	e.first = e.last
	if !now.Before(e.last) {
		e.first, e.last = time.Time{}, time.Time{}
	}
	return true
}
