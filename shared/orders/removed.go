package orders

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"
)

// Removed is the kind of the orders that take messages away. A value is the room's escaped key,
// the time of the removal in Unix milliseconds and the IDs, separated by spaces.
const Removed = "removed"

// AnnounceRemoved tells all processes that messages of a room were removed. They must have left
// the log before. The error wraps redisconn.ErrUnavailable.
func AnnounceRemoved(ctx context.Context, client *redisconn.Client, prefix string, room name.Room, removed []wire.Removal) error {
	if len(removed) == 0 {
		return nil
	}
	value := room.EscapedKey() + " " + strconv.FormatUint(removed[0].At, 10)
	for _, r := range removed {
		value += " " + r.ID.String()
	}
	return announce(ctx, client, prefix, Removed, value)
}

// Removals is the Handler of the kind Removed.
type Removals struct {
	// Obey takes messages of the room with this key away.
	Obey func(key string, removed []wire.Removal)
	// Reconcile compares what this process has with what is in force. Nil if it has nothing for
	// longer than a second.
	Reconcile func(context.Context) error
}

// Load implements Handler.
func (r Removals) Load(ctx context.Context) error {
	if r.Reconcile == nil {
		return nil
	}
	return r.Reconcile(ctx)
}

// Apply implements Handler.
func (r Removals) Apply(values []string) {
	for _, value := range values {
		if key, removed, ok := parseRemoved(value); ok {
			r.Obey(key, removed)
		}
	}
}

func parseRemoved(value string) (key string, removed []wire.Removal, ok bool) {
	fields := strings.Fields(value)
	if len(fields) < 3 {
		return "", nil, false
	}
	key, keyErr := url.PathUnescape(fields[0])
	at, atErr := strconv.ParseUint(fields[1], 10, 64)
	err := errors.Join(keyErr, atErr)
	for _, field := range fields[2:] {
		id, idErr := wire.ParseID(field)
		err = errors.Join(err, idErr)
		removed = append(removed, wire.Removal{ID: id, At: at})
	}
	return key, removed, err == nil
}
