package roomlog

import (
	"context"
	_ "embed"
	"errors"
	"slices"
	"time"

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
)

// ErrNotInLog means that no message has this ID: it was never stored, or it has left the log.
var ErrNotInLog = errors.New("the room's log has no message with this ID")

// Remove removes a message for good. first is false if it had been removed before; then only
// at, the time of this call by Redis's clock, is new. The error is ErrNotInLog or wraps
// redisconn.ErrUnavailable; after the latter it may be removed or not: try again.
func (l *Log) Remove(ctx context.Context, room name.Room, id wire.ID) (first bool, at time.Time, err error) {
	found, at, err := l.remove(ctx, room, []wire.ID{id})
	if err != nil {
		return false, at, err
	}
	if found[0] < 0 {
		return false, at, ErrNotInLog
	}
	return found[0] == 1, at, nil
}

// remove removes messages of one room. found has for each 1 if it was removed, 0 if it had been
// removed before, -1 if the log does not have it.
func (l *Log) remove(ctx context.Context, room name.Room, ids []wire.ID) (found []int64, at time.Time, err error) {
	args := []any{l.opts.Retention.Milliseconds(), maxRemoved}
	for _, id := range ids {
		args = append(args, id.String())
	}
	keys := []string{l.keys.log(room), l.keys.removed(room)}
	answer, err := removeScript.Run(ctx, l.client.Universal(), keys, args...).Int64Slice()
	if err != nil {
		return nil, at, redisconn.Unavailable("remove", err)
	}
	if len(answer) != 1+len(ids) || slices.ContainsFunc(answer[1:], func(n int64) bool { return n < -1 || n > 1 }) {
		return nil, at, errors.New("the script that removes gave an unexpected answer")
	}
	return answer[1:], time.UnixMilli(answer[0]), nil
}
