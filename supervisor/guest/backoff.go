package guest

import "time"

const (
	firstDelay  = 500 * time.Millisecond
	lastDelay   = 30 * time.Second
	longestTold = 2 * time.Minute // the longest wait that a server may ask for
)

// backoff says how long to wait before the next attempt: as long as the server told, or
// twice as long after each failure, up to a cap. The upper half of it is left to chance,
// so that guests who failed together come back apart.
type backoff struct {
	random   func() float64
	failures int
}

func (b *backoff) reset() { b.failures = 0 }

// next counts a failure and returns the delay. told is what the server asked for, if it
// did.
func (b *backoff) next(told time.Duration, isTold bool) time.Duration {
	step := lastDelay
	if b.failures < 10 {
		step = min(firstDelay<<b.failures, lastDelay)
	}
	b.failures++
	if isTold {
		return min(told, longestTold)
	}
	return step/2 + time.Duration(float64(step/2)*b.random())
}
