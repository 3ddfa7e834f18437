package moderation

import (
	"context"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
)

// ErrNoAuthor is for a message whose author is not known any more.
const ErrNoAuthor = Problem("The author of this message is not known any more.")

func (m *Moderation) Mute(ctx context.Context, room name.Room, id wire.ID, d time.Duration) error {
	return ErrNoMessage
}
