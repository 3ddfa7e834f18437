package recent

import (
	"context"
	"time"

	"chatter/shared/redisconn"
)

// interval identifies an interval by the Unix second at which it begins.
type interval int64

// intervalAt returns the interval in which t is.
func intervalAt(t time.Time, every time.Duration) interval {
	seconds := int64(every / time.Second)
	return interval(t.Unix() / seconds * seconds)
}

func (i interval) end(every time.Duration) time.Time { return time.Unix(int64(i), 0).Add(every).UTC() }

// redisClock is Redis's clock. It goes on with this process's monotonic clock, so that a
// change of the wall clock does not matter.
type redisClock struct {
	begin time.Time // when it was set, with a monotonic reading
	at    time.Time // what it showed then
}

// newRedisClock returns a clock that shows t now.
func newRedisClock(t time.Time) redisClock { return redisClock{begin: time.Now(), at: t.Round(0)} }

func (c *redisClock) now() time.Time { return c.at.Add(time.Since(c.begin)) }

// set asks Redis for the time. The clock goes on as before if Redis does not answer.
func (c *redisClock) set(ctx context.Context, client *redisconn.Client) {
	asked := time.Now()
	t, err := client.Universal().Time(ctx).Result()
	if err == nil {
		*c = redisClock{begin: asked.Add(time.Since(asked) / 2), at: t.Round(0)}
	}
}

// sleepUntil waits until the clock shows t. It reports false if ctx ends first.
func (c *redisClock) sleepUntil(ctx context.Context, t time.Time) bool {
	return sleep(ctx, t.Sub(c.now()))
}

// sleep waits for d. It reports false if ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
