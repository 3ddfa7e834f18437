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
	"slices"
	"strconv"
	"strings"
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
)

// Line is a name that was seen in the bucket that begins at At.
type Line struct {
	Name string
	At   time.Time
}

// Lists are the recent users and rooms, the newest bucket first, by name
// inside a bucket.
type Lists struct {
	Users, Rooms []Line
}

// Recents is the two lists in Redis. It is safe for concurrent use.
type Recents struct {
	client       *redisconn.Client
	users, rooms string
}

// New returns the lists kept in c under keys that begin with prefix.
func New(c *redisconn.Client, prefix string) *Recents {
	return &Recents{client: c, users: prefix + "recent:users", rooms: prefix + "recent:rooms"}
}

// Touch records, within b, that user was here and room was entered at now. A
// zero user or room is left out.
func (r *Recents) Touch(b *redisconn.Batch, user name.User, room name.Room, now time.Time) {
	if !user.IsZero() {
		touch(b.Pipe(), r.users, user.String(), now)
	}
	if !room.IsZero() {
		touch(b.Pipe(), r.rooms, room.String(), now)
	}
}

func touch(pipe redis.Pipeliner, key, member string, now time.Time) {
	ctx := context.Background()
	oldest := now.Add(-Retention).Truncate(Bucket)
	// GT: a process whose clock is behind must not move a name back.
	pipe.ZAddGT(ctx, key, redis.Z{Score: float64(now.Truncate(Bucket).Unix()), Member: member})
	pipe.ZRemRangeByScore(ctx, key, "-inf", "("+strconv.FormatInt(oldest.Unix(), 10))
	pipe.ZRemRangeByRank(ctx, key, 0, -maxNames-1)
	// Counted from the bucket: when the key expires must tell no more of the
	// last visit than its score does.
	pipe.PExpire(ctx, key, now.Truncate(Bucket).Add(Retention+2*Bucket).Sub(now))
}

// Lists asks, within b, for up to n users and n rooms. The lists are filled
// when b has run.
func (r *Recents) Lists(b *redisconn.Batch, n int) *Lists {
	lists := new(Lists)
	users, rooms := newest(b.Pipe(), r.users, n), newest(b.Pipe(), r.rooms, n)
	b.Then(func() (err error) {
		lists.Users, err = lines(users, n, func(s string) (string, error) {
			u, err := name.ParseUser(s)
			return u.Key(), err
		})
		if err != nil {
			return fmt.Errorf("read recent users: %w", err)
		}
		lists.Rooms, err = lines(rooms, n, func(s string) (string, error) {
			room, err := name.ParseRoom(s)
			return room.Key(), err
		})
		if err != nil {
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
	lists := r.Lists(b, n)
	if err := b.Run(ctx); err != nil {
		return nil, err
	}
	return lists, nil
}

func newest(pipe redis.Pipeliner, key string, n int) *redis.ZSliceCmd {
	return pipe.ZRevRangeWithScores(context.Background(), key, 0, int64(n*spellings)-1)
}

// lines sorts what Redis answered and keeps one spelling of each name: the
// one seen last, the first by name among equals. keyOf gives the name's
// comparison key; a name that the rules of today refuse is left out.
func lines(cmd *redis.ZSliceCmd, n int, keyOf func(string) (string, error)) ([]Line, error) {
	members, err := cmd.Result()
	if err != nil {
		return nil, redisconn.Unavailable("read sorted set", err)
	}
	all := make([]Line, 0, len(members))
	for _, z := range members {
		text, ok := z.Member.(string)
		if !ok {
			return nil, fmt.Errorf("member of type %T", z.Member)
		}
		all = append(all, Line{Name: text, At: time.Unix(int64(z.Score), 0).UTC()})
	}
	slices.SortFunc(all, func(a, b Line) int {
		if c := b.At.Compare(a.At); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	seen := make(map[string]bool, len(all))
	kept := all[:0]
	for _, line := range all {
		key, err := keyOf(line.Name)
		if err != nil || seen[key] {
			continue
		}
		seen[key] = true
		kept = append(kept, line)
		if len(kept) == n {
			break
		}
	}
	return kept, nil
}
