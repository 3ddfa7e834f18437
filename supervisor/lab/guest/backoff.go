package guest

import "time"

const (
	firstDelay  = 500 * time.Millisecond
	lastDelay   = 30 * time.Second
	longestTold = 2 * time.Minute // the longest wait that a server may ask for

	// A restart takes seconds. Within restartTime after it was live, a guest waits no longer
	// than the waiting page does.
	restartTime    = 30 * time.Second
	lastOfARestart = 2500 * time.Millisecond

	steadyAfter = 5 * time.Second // a socket that was live for so long resets the back-off
)

// backoff computes the delay before the next attempt: the one that the server asks for, or a
// delay that doubles with each failure up to a limit. Its upper half is random, so that guests
// whose sockets ended at the same time come back at different times.
type backoff struct {
	random   func() float64
	failures int
	wellAt   time.Time // the last time that a socket was live
}

// begin forgets every failure.
func (b *backoff) begin(now time.Time) { b.failures, b.wellAt = 0, now }

// next returns the delay after a socket that was live since liveAt, or never if that is zero.
// isTold means that the server asked for the delay told. That is no failure.
func (b *backoff) next(told time.Duration, isTold bool, liveAt, now time.Time) time.Duration {
	if !liveAt.IsZero() {
		b.wellAt = now
		if isTold || now.Sub(liveAt) >= steadyAfter {
			b.failures = 0
		}
	}
	if isTold {
		return min(told, longestTold)
	}
	step, most := firstDelay<<b.failures, lastDelay
	if now.Sub(b.wellAt) < restartTime {
		most = lastOfARestart
	}
	if step < most {
		b.failures++
	}
	step = min(step, most)
	return step/2 + time.Duration(float64(step/2)*b.random())
}
