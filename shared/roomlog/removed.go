package roomlog

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"

	"github.com/redis/go-redis/v9"
)

// roomsAtOnce is of how many rooms the removed messages are read in one pipeline.
const roomsAtOnce = 500

// Removed returns which messages of room were removed since the time of id, or shortly before: a
// client with this cursor may not know of these. It blocks for Redis; the error wraps redisconn.ErrUnavailable.
func (l *Log) Removed(ctx context.Context, room name.Room, id wire.ID) ([]wire.Removal, error) {
	return removalsOf(l.rangeRemoved(ctx, l.client.Universal(), room, id))
}

// RemovedIn calls found with the messages of each of the rooms that were removed, if there are
// any. It blocks for Redis; the error wraps redisconn.ErrUnavailable.
func (l *Log) RemovedIn(ctx context.Context, rooms []name.Room, found func(name.Room, []wire.Removal)) error {
	for some := range slices.Chunk(rooms, roomsAtOnce) {
		pipe := l.client.Universal().Pipeline()
		replies := make([]*redis.ZSliceCmd, len(some))
		for i, room := range some {
			replies[i] = l.rangeRemoved(ctx, pipe, room, wire.ID{})
		}
		_, _ = pipe.Exec(ctx) // each command has its own error
		for i, room := range some {
			removed, err := removalsOf(replies[i])
			if err != nil {
				return err
			}
			if len(removed) > 0 {
				found(room, removed)
			}
		}
	}
	return nil
}

// removedAfter returns how many of the removed messages of room are newer than id.
func (l *Log) removedAfter(ctx context.Context, room name.Room, id wire.ID) (n int, err error) {
	removed, err := removalsOf(l.rangeRemoved(ctx, l.client.Universal(), room, wire.ID{}))
	for _, r := range removed {
		if r.ID.Compare(id) > 0 {
			n++
		}
	}
	return n, err
}

// rangeRemoved asks for the removals that a client with the cursor id may not know.
func (l *Log) rangeRemoved(ctx context.Context, c redis.Cmdable, room name.Room, id wire.ID) *redis.ZSliceCmd {
	return c.ZRangeByScoreWithScores(ctx, l.keys.removed(room), &redis.ZRangeBy{
		Min: strconv.FormatUint(wire.RemovedSince(id), 10), Max: "+inf",
	})
}

// removalsOf reads the reply, the first removal first.
func removalsOf(cmd *redis.ZSliceCmd) ([]wire.Removal, error) {
	members, err := cmd.Result()
	if err != nil {
		return nil, redisconn.Unavailable("read removed messages", err)
	}
	removed := make([]wire.Removal, len(members))
	for i, m := range members {
		text, _ := m.Member.(string)
		id, err := wire.ParseID(text)
		if err != nil {
			return nil, fmt.Errorf("read removed messages: ID %q: %w", text, err)
		}
		removed[i] = wire.Removal{ID: id, At: uint64(m.Score)}
	}
	return removed, nil
}
