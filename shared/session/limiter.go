package session

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxBuckets bounds what a Limiter remembers: about 15 MB. So many sessions
// would have to say something within the time that a bucket takes to fill up
// (a few seconds as a rule) before one of them is forgotten early.
const maxBuckets = 1 << 16

// minSweep is the number of buckets below which sweeping is not worth it.
const minSweep = 1 << 10

// Limiter is the flood limit: a token bucket per session. A session whose
// bucket is full again is not remembered, so memory follows those who talk and
// not those who have ever talked. Safe for concurrent use; it has no goroutine.
type Limiter struct {
	rate  rate.Limit // tokens a second; 0 turns the limit off
	burst int
	max   int // buckets, at most

	mu      sync.Mutex
	buckets map[string]*rate.Limiter // by session id
	sweepAt int                      // number of buckets at which full ones are dropped
}

// NewLimiter returns a limiter that lets each session send perSecond messages a
// second and burst at once. A rate of 0 lets everything pass. A burst below one
// would let nothing pass, so it counts as one.
func NewLimiter(perSecond float64, burst int) *Limiter {
	return &Limiter{
		rate:    rate.Limit(perSecond),
		burst:   max(burst, 1),
		max:     maxBuckets,
		buckets: make(map[string]*rate.Limiter),
		sweepAt: minSweep,
	}
}

// Allow reports whether the session may send a message now, and takes a token
// if so. Otherwise it says how long the session has to wait for one; asking too
// early costs nothing.
func (l *Limiter) Allow(sessionID string, now time.Time) (ok bool, retryAfter time.Duration) {
	if l.rate <= 0 {
		return true, 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[sessionID]
	if b == nil {
		l.makeRoomLocked(now)
		b = rate.NewLimiter(l.rate, l.burst)
		l.buckets[sessionID] = b
	}
	r := b.ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return false, wait
	}
	return true, 0
}

// makeRoomLocked drops the full buckets whenever their number has doubled, so
// that sweeping costs each new session a constant. If that does not help, some
// are forgotten at random: a flooder gains no more by it than by signing in
// once more.
func (l *Limiter) makeRoomLocked(now time.Time) {
	if len(l.buckets) < min(l.sweepAt, l.max) {
		return
	}
	for id, b := range l.buckets {
		if b.TokensAt(now) >= float64(l.burst) {
			delete(l.buckets, id)
		}
	}
	for id := range l.buckets {
		// A quarter at a time, or every new session would sweep again.
		if len(l.buckets) <= l.max-max(l.max/4, 1) {
			break
		}
		delete(l.buckets, id)
	}
	l.sweepAt = max(minSweep, 2*len(l.buckets))
}
