package session

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxBuckets bounds the memory of a Limiter to about 15 MB. It is reached only if so many
// sessions send a message within the time that a bucket takes to fill up, which is a few
// seconds by default.
const maxBuckets = 1 << 16

// minSweep is the number of buckets below which full ones are not removed.
const minSweep = 1 << 10

// Limiter is the flood limit: a token bucket per session. It removes buckets that are full
// again, so that its memory depends on the sessions that send messages now. It is safe for
// concurrent use and has no goroutine.
type Limiter struct {
	rate  rate.Limit // tokens a second; 0 turns the limit off
	burst int
	max   int // buckets, at most

	mu      sync.Mutex
	buckets map[string]*rate.Limiter // by the hash of a session: its ID would keep the whole cookie in memory
	sweepAt int                      // number of buckets at which full ones are dropped
}

// NewLimiter returns a limiter that lets each session send perSecond messages a second and
// burst at once. A rate of 0 turns the limit off. A burst below one counts as one.
func NewLimiter(perSecond float64, burst int) *Limiter {
	return &Limiter{
		rate:    rate.Limit(perSecond),
		burst:   max(burst, 1),
		max:     maxBuckets,
		buckets: make(map[string]*rate.Limiter),
		sweepAt: minSweep,
	}
}

// Allow reports whether the session, given by its hash, may send a message now, and takes a
// token if so. Otherwise it returns how long the session must wait for a token, and takes
// none.
func (l *Limiter) Allow(session string, now time.Time) (ok bool, retryAfter time.Duration) {
	if l.rate <= 0 {
		return true, 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[session]
	if b == nil {
		l.makeRoomLocked(now)
		b = rate.NewLimiter(l.rate, l.burst)
		l.buckets[session] = b
	}
	r := b.ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return false, wait
	}
	return true, 0
}

// makeRoomLocked removes full buckets whenever the number of buckets has doubled, so that its
// cost per new session is constant. If too many are left, it removes some at random: a
// flooder gains as much by signing in again.
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
		// A quarter at a time, so that not every new session does this again.
		if len(l.buckets) <= l.max-max(l.max/4, 1) {
			break
		}
		delete(l.buckets, id)
	}
	l.sweepAt = max(minSweep, 2*len(l.buckets))
}
