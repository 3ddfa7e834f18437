// Package recent records presence: which guest was here, and which room was entered, in
// which interval. It keeps two sorted sets in Redis, name → interval.
//
// A time is an interval, and inside an interval names are sorted by themselves, so that the
// lists do not tell the order of arrival. The package must not know messages: a message
// never moves a name.
package recent

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"

	"github.com/redis/go-redis/v9"
)

const (
	// Bucket is the length of an interval.
	Bucket = 5 * time.Minute
	// Retention is how long a name stays after its last interval.
	Retention = 24 * time.Hour
	// maxNames bounds each set: a name has up to 200 bytes, and anybody can invent names.
	maxNames = 1000
	// Spellings of one name share a line, so more names are read than lines are wanted:
	// this many times as many.
	spellings = 4
	// trimEvery bounds how often one process trims a set, because Redis writes each
	// trimming to its disk.
	trimEvery = time.Second
)

// Recents reads and records presence in Redis. It is safe for concurrent use.
type Recents struct {
	client       *redisconn.Client
	users, rooms set
}

// set is a sorted set in Redis.
type set struct {
	key     string
	trimmed atomic.Int64 // when this process trimmed it last, in Unix nanoseconds
}

// New returns the lists in c under keys that begin with prefix.
func New(c *redisconn.Client, prefix string) *Recents {
	return &Recents{client: c, users: set{key: prefix + "recent:users"}, rooms: set{key: prefix + "recent:rooms"}}
}

// Touch records, within b, that user was here and room was entered at now. A zero user or
// room is left out.
func (r *Recents) Touch(b *redisconn.Batch, user name.User, room name.Room, now time.Time) {
	if !user.IsZero() {
		r.users.record(b.Pipe(), user.String(), now)
	}
	if !room.IsZero() {
		r.rooms.record(b.Pipe(), room.String(), now)
	}
}

func (s *set) record(pipe redis.Pipeliner, member string, now time.Time) {
	ctx, interval := context.Background(), now.Truncate(Bucket)
	// GT: a process whose clock is behind must not move a name back.
	pipe.ZAddGT(ctx, s.key, redis.Z{Score: float64(interval.Unix()), Member: member})
	last := s.trimmed.Load()
	if now.Sub(time.Unix(0, last)).Abs() < trimEvery || !s.trimmed.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	oldest := now.Add(-Retention).Truncate(Bucket)
	pipe.ZRemRangeByScore(ctx, s.key, "-inf", "("+strconv.FormatInt(oldest.Unix(), 10))
	pipe.ZRemRangeByRank(ctx, s.key, 0, -maxNames-1)
	// Counted from the interval: the expiry must not tell the time of the last visit.
	pipe.PExpire(ctx, s.key, interval.Add(Retention+2*Bucket).Sub(now))
}

// Lists reads, within b, up to n users and n rooms as they are at now. The lists are filled
// when b has run.
func (r *Recents) Lists(b *redisconn.Batch, n int, now time.Time) *Lists {
	lists := new(Lists)
	users, rooms := r.users.newest(b.Pipe(), n, now), r.rooms.newest(b.Pipe(), n, now)
	b.Then(func() (err error) {
		if lists.Users, err = users(userKey); err != nil {
			return fmt.Errorf("read recent users: %w", err)
		}
		if lists.Rooms, err = rooms(roomKey); err != nil {
			return fmt.Errorf("read recent rooms: %w", err)
		}
		return nil
	})
	return lists
}

// Read is Lists in a round trip of its own. It blocks for Redis; the error wraps
// redisconn.ErrUnavailable.
func (r *Recents) Read(ctx context.Context, n int) (*Lists, error) {
	b := r.client.Batch()
	lists := r.Lists(b, n, time.Now())
	return lists, b.Run(ctx)
}

// newest reads the names of the present interval in the order of names, and the newest
// names in reverse order, which is the only order in which Redis returns several intervals.
// The former matters when the present interval has more names than are read.
func (s *set) newest(pipe redis.Pipeliner, n int, now time.Time) func(keyOf) ([]Line, error) {
	ctx, most := context.Background(), int64(n*spellings)
	present := pipe.ZRangeByScoreWithScores(ctx, s.key, &redis.ZRangeBy{
		Min: strconv.FormatInt(now.Truncate(Bucket).Unix(), 10), Max: "+inf", Count: most,
	})
	all := pipe.ZRevRangeWithScores(ctx, s.key, 0, most-1)
	return func(key keyOf) ([]Line, error) {
		var read []Line
		for _, cmd := range []*redis.ZSliceCmd{present, all} {
			members, err := cmd.Result()
			if err != nil {
				return nil, redisconn.Unavailable("read sorted set", err)
			}
			for _, z := range members {
				text, _ := z.Member.(string) // go-redis reads every member as a string
				read = append(read, Line{Name: text, At: time.Unix(int64(z.Score), 0).UTC()})
			}
		}
		return merge(read, n, key), nil
	}
}
