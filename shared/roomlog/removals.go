package roomlog

import (
	"context"
	_ "embed"
	"errors"
	"math"
	"slices"
	"strconv"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"

	"github.com/redis/go-redis/v9"
)

//go:embed remove.lua
var removeSource string

var removeScript = redis.NewScript(removeSource)

const (
	// maxRemoved is how many removed messages of a room are known at most, the newest.
	maxRemoved = 4096
	// removeAtOnce is how many messages one script removes.
	removeAtOnce = 500
	// roomsAtOnce is of how many rooms the removed messages are read in one pipeline.
	roomsAtOnce = 500
)

// ErrNotInLog means that no message has this ID: it was never stored, or it has left the log.
var ErrNotInLog = errors.New("the room's log has no message with this ID")

// Remove removes a message for good. removed has the message also if it had been removed
// before. The error is ErrNotInLog or wraps redisconn.ErrUnavailable; after the latter it may be
// removed or not: try again.
func (l *Log) Remove(ctx context.Context, room name.Room, id wire.ID) (removed wire.Removal, err error) {
	all, err := l.remove(ctx, room, []wire.ID{id})
	if err != nil {
		return wire.Removal{}, err
	}
	if len(all) == 0 {
		return wire.Removal{}, ErrNotInLog
	}
	return all[0], nil
}

// Empty removes all messages of a room. It calls removed with some of them at a time. The error
// is that of removed or wraps redisconn.ErrUnavailable.
func (l *Log) Empty(ctx context.Context, room name.Room, removed func([]wire.Removal) error) error {
	before := wire.ID{Ms: math.MaxUint64, Seq: math.MaxUint64}
	for more := true; more; {
		page, err := l.Before(ctx, room, before, removeAtOnce)
		if err != nil || len(page.Entries) == 0 {
			return err
		}
		before, more = page.Entries[0].ID, page.More
		ids := make([]wire.ID, len(page.Entries))
		for i, e := range page.Entries {
			ids[i] = e.ID
		}
		some, err := l.remove(ctx, room, ids)
		if err != nil {
			return err
		}
		if err := removed(some); err != nil {
			return err
		}
	}
	return nil
}

// remove removes messages of one room and returns those that are removed now, also those that
// had been removed before. It leaves out those that the log does not have.
func (l *Log) remove(ctx context.Context, room name.Room, ids []wire.ID) (removed []wire.Removal, err error) {
	args := []any{l.opts.Retention.Milliseconds(), maxRemoved}
	for _, id := range ids {
		args = append(args, id.String())
	}
	keys := []string{l.keys.log(room), l.keys.removed(room)}
	answer, err := removeScript.Run(ctx, l.client.Universal(), keys, args...).Int64Slice()
	if err != nil {
		return nil, redisconn.Unavailable("remove", err)
	}
	if len(answer) != 1+len(ids) {
		return nil, errors.New("the script that removes gave an unexpected answer")
	}
	for i, id := range ids {
		if answer[1+i] == 1 {
			removed = append(removed, wire.Removal{ID: id, At: uint64(answer[0])})
		}
	}
	return removed, nil
}

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

// rangeRemoved asks for the removals that a client with the cursor id may not know.
func (l *Log) rangeRemoved(ctx context.Context, c redis.Cmdable, room name.Room, id wire.ID) *redis.ZSliceCmd {
	return c.ZRangeByScoreWithScores(ctx, l.keys.removed(room), &redis.ZRangeBy{
		Min: strconv.FormatUint(wire.RemovedSince(id), 10), Max: "+inf",
	})
}

// removalsOf reads the reply, the first removal first. A member that is no ID is no removal: somebody
// added it by hand. It is left out, so that it does not keep a room from being read.
func removalsOf(cmd *redis.ZSliceCmd) ([]wire.Removal, error) {
	members, err := cmd.Result()
	if err != nil {
		return nil, redisconn.Unavailable("read removed messages", err)
	}
	removed := make([]wire.Removal, 0, len(members))
	for _, m := range members {
		text, _ := m.Member.(string)
		if id, err := wire.ParseID(text); err == nil {
			removed = append(removed, wire.Removal{ID: id, At: uint64(m.Score)})
		}
	}
	return removed, nil
}
