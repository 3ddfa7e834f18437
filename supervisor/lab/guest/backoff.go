package guest

import "time"

const (
	firstDelay  = 500 * time.Millisecond
	lastDelay   = 30 * time.Second
	longestTold = 2 * time.Minute // the longest wait that a server may ask for

	// A restart is over in seconds: for so long after the room was live, nobody who was cut
	// off waits longer than the waiting page does.
	restartTime    = 30 * time.Second
	lastOfARestart = 2500 * time.Millisecond

	steadyAfter = 5 * time.Second // live for so long, a socket's end is a new trouble
)

// backoff says how long to wait before the next attempt: as long as the server told, or
// twice as long after each failure, up to a cap. The upper half of it is left to chance,
// so that guests who failed together come back apart.
type backoff struct {
	random   func() float64
	failures int
	wellAt   time.Time // when the trouble began: the last time that anything was live
}

// begin forgets every failure.
func (b *backoff) begin(now time.Time) { b.failures, b.wellAt = 0, now }

// next returns the delay after a socket that was live since liveAt, or not if that is
// zero. What the server asked for, told, if it did, is no failure.
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
