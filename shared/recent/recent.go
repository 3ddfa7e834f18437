// Package recent keeps who has lately been online and which rooms are used,
// each in one sorted set in Redis: name → time.
//
// Times are buckets, and inside a bucket names are sorted by themselves, so
// that the lists do not tell who came right after whom. The package must not
// know of messages: saying something never moves a name.
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
	// Bucket is how coarse the times are.
	Bucket = 5 * time.Minute
	// Retention is how long a name stays without being seen again.
	Retention = 24 * time.Hour
	// maxNames bounds each set: names cost up to 200 bytes, and anybody can
	// make them up.
	maxNames = 1000
	// Two spellings of one name are one line; up to this many times as many
	// names are read as lines are asked for, to make up for those.
	spellings = 4
	// trimEvery is how often one process trims a set, at most: what a crowd adds to it
	// meanwhile is little, and each trimming is written to Redis's disk.
	trimEvery = time.Second
)

// Recents is the two lists in Redis. It is safe for concurrent use.
type Recents struct {
	client       *redisconn.Client
	users, rooms set
}

// set is a sorted set in Redis.
type set struct {
	key     string
	trimmed atomic.Int64 // when this process last did, in Unix nanoseconds
}

// New returns the lists kept in c under keys that begin with prefix.
func New(c *redisconn.Client, prefix string) *Recents {
	return &Recents{client: c, users: set{key: prefix + "recent:users"}, rooms: set{key: prefix + "recent:rooms"}}
}

// Touch records, within b, that user was here and room was entered at now. A
// zero user or room is left out.
func (r *Recents) Touch(b *redisconn.Batch, user name.User, room name.Room, now time.Time) {
	if !user.IsZero() {
		r.users.touch(b.Pipe(), user.String(), now)
	}
	if !room.IsZero() {
		r.rooms.touch(b.Pipe(), room.String(), now)
	}
}

func (s *set) touch(pipe redis.Pipeliner, member string, now time.Time) {
	ctx := context.Background()
	// GT: a process whose clock is behind must not move a name back.
	pipe.ZAddGT(ctx, s.key, redis.Z{Score: float64(now.Truncate(Bucket).Unix()), Member: member})
	if last := s.trimmed.Load(); now.Sub(time.Unix(0, last)).Abs() < trimEvery || !s.trimmed.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	oldest := now.Add(-Retention).Truncate(Bucket)
	pipe.ZRemRangeByScore(ctx, s.key, "-inf", "("+strconv.FormatInt(oldest.Unix(), 10))
	pipe.ZRemRangeByRank(ctx, s.key, 0, -maxNames-1)
	// Counted from the bucket: when the key expires must tell no more of the
	// last visit than its score does.
	pipe.PExpire(ctx, s.key, now.Truncate(Bucket).Add(Retention+2*Bucket).Sub(now))
}

// Lists asks, within b, for up to n users and n rooms as they stand at now. The
// lists are filled when b has run.
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

// Read is Lists in a round trip of its own. It blocks for Redis; the error
// wraps redisconn.ErrUnavailable.
func (r *Recents) Read(ctx context.Context, n int) (*Lists, error) {
	b := r.client.Batch()
	lists := r.Lists(b, n, time.Now())
	if err := b.Run(ctx); err != nil {
		return nil, err
	}
	return lists, nil
}

// newest asks for the set's newest names: those of the present bucket from the first
// by name on, and whatever is newest from the last on, which is the only order in
// which Redis gives more than one bucket. The one is for when there are more in this
// bucket than are read.
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
				text, ok := z.Member.(string)
				if !ok {
					return nil, fmt.Errorf("member of type %T", z.Member)
				}
				read = append(read, Line{Name: text, At: time.Unix(int64(z.Score), 0).UTC()})
			}
		}
		return lines(read, n, key), nil
	}
}
