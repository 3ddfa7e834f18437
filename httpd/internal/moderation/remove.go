package moderation

import (
	"context"
	"errors"

	"chatter/shared/name"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
)

// Remove removes a message for everybody. Removing it again is no error: the processes are told
// again. After another error than a Problem, try again.
func (m *Moderation) Remove(ctx context.Context, room name.Room, id wire.ID) error {
	removed, err := m.Log.Remove(ctx, room, id)
	if errors.Is(err, roomlog.ErrNotInLog) {
		return ErrNoMessage
	}
	if err != nil {
		return err
	}
	return m.Announce(ctx, room, []wire.Removal{removed})
}

// Empty removes everything that was said in the room, and returns how many messages that were.
func (m *Moderation) Empty(ctx context.Context, room name.Room) (n int, err error) {
	err = m.Log.Empty(ctx, room, func(removed []wire.Removal) error {
		n += len(removed)
		return m.Announce(ctx, room, removed)
	})
	return n, err
}
