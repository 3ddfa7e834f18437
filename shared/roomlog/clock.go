package roomlog

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/wire"

	"github.com/redis/go-redis/v9"
)

// askEvery is the age at which an answer of TIME is asked for again: Redis's clock may
// be set, or another server may take over.
const askEvery = 5 * time.Second

// clock knows Redis's time, which the IDs of the entries carry and by which they are
// trimmed. The process's own clock only measures how long ago Redis answered. All nodes
// of a Cluster are expected to have the same time.
type clock struct {
	local  func() time.Time
	answer atomic.Pointer[answer] // the last one; nil before the first
}

// answer is an answer of TIME. It counts for the moment before it was asked for, so the
// clock is ahead of Redis's by less than a round trip, and never behind.
type answer struct{ asked, told time.Time }

// now is Redis's time, and the process's before the first answer.
func (c *clock) now() time.Time {
	a, local := c.answer.Load(), c.local()
	if a == nil {
		return local
	}
	return a.told.Add(local.Sub(a.asked))
}

// ask adds TIME to a pipeline when the last answer is old. learn takes the reply. It
// fails when no answer is known at all.
func (c *clock) ask(ctx context.Context, pipe redis.Pipeliner) (learn func() error) {
	asked, a := c.local(), c.answer.Load()
	if a != nil && asked.Sub(a.asked) < askEvery {
		return noLearn
	}
	cmd := pipe.Time(ctx)
	return func() error {
		told, err := cmd.Result()
		switch {
		case err == nil:
			c.answer.Store(&answer{asked, told})
		case a == nil:
			return fmt.Errorf("ages of entries: %w", redisconn.Unavailable("ask for the time", err))
		}
		return nil
	}
}

func noLearn() error { return nil }

// Now is Redis's time as far as this process knows it. Before Redis has answered a read
// it is the process's own time: no entry is known then.
func (l *Log) Now() time.Time { return l.clock.now() }

// Expired reports whether an entry is older than the retention.
func (l *Log) Expired(id wire.ID) bool { return id.Compare(l.oldest()) < 0 }

// oldest is the lowest ID that has not expired.
func (l *Log) oldest() wire.ID {
	return wire.FirstID(l.clock.now().Add(-l.opts.Retention))
}
