package guest

import "time"

const (
	firstDelay   = 500 * time.Millisecond
	lastDelay    = 30 * time.Second
	longestAsked = 2 * time.Minute // the longest delay that a server may ask for

	// A restart takes seconds. Within restartTime after a guest was live, it waits no longer
	// than the waiting page: restartDelay.
	restartTime  = 30 * time.Second
	restartDelay = 2500 * time.Millisecond

	steadyAfter = 5 * time.Second // a socket that was live for so long resets the back-off
)

// backoff computes the delay before the next attempt: the one that the server asks for, or a
// delay that doubles with each failure up to a limit. Its upper half is random, so that guests
// whose sockets ended at the same time come back at different times.
type backoff struct {
	random   func() float64
	failures int
	lastLive time.Time // the last time that a socket was live
}

// begin forgets every failure.
func (b *backoff) begin(now time.Time) { b.failures, b.lastLive = 0, now }

// next returns the delay after the end of a socket that was live since liveAt; zero if it was never
// live. If isAsked, the server asked for the delay asked. That is no failure.
func (b *backoff) next(asked time.Duration, isAsked bool, liveAt, now time.Time) time.Duration {
	if !liveAt.IsZero() {
		b.lastLive = now
		if isAsked || now.Sub(liveAt) >= steadyAfter {
			b.failures = 0
		}
	}
	if isAsked {
		return min(asked, longestAsked)
	}
	step, most := firstDelay<<b.failures, lastDelay
	if now.Sub(b.lastLive) < restartTime {
		most = restartDelay
	}
	if step < most {
		b.failures++
	}
	step = min(step, most)
	return step/2 + time.Duration(float64(step/2)*b.random())
}
