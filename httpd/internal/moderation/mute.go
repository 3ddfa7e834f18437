package moderation

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"chatter/shared/mutes"
	"chatter/shared/name"
	"chatter/shared/wire"
)

// ErrNoAuthor is for a message whose author cannot be muted.
const ErrNoAuthor = Problem("The author of this message is not known any more: it is too old (--author-marks), the process that stored it has ended, or there is no such message in this room.")

// Mutes mutes authors of messages.
type Mutes interface {
	Mute(ctx context.Context, room name.Room, id wire.ID, d time.Duration) (mutes.Order, error)
	Lift(ctx context.Context, handle string) error
	InForce() []mutes.Order
}

// Mute mutes the author of a message in all processes, for d or a little longer. The answer
// does not depend on who the author is, nor on whether the author is there.
func (m *Moderation) Mute(ctx context.Context, room name.Room, id wire.ID, d time.Duration) (mutes.Order, error) {
	order, err := m.Mutes.Mute(ctx, room, id, d)
	return order, explainMute(err)
}

func (m *Moderation) postMute(ctx context.Context, form url.Values) (any, error) {
	room, err := roomOf(form)
	if err != nil {
		return nil, err
	}
	id, err := idOf(form)
	if err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(form.Get("for"))
	if err != nil {
		return nil, Problem(fmt.Sprintf("for: want a time such as 1h or 24h, got %q.", form.Get("for")))
	}
	order, err := m.Mute(ctx, room, id, d)
	if err != nil {
		return nil, err
	}
	return Done{fmt.Sprintf("Accepted: the author is muted until %s. The order is %s.", order.Ends.Format(time.RFC3339), order.Handle)}, nil
}

// explainMute tells the operator what to do about an error.
func explainMute(err error) error {
	switch {
	case errors.Is(err, mutes.ErrUnknown):
		return ErrNoAuthor
	case errors.Is(err, mutes.ErrTime):
		return Problem("for: " + err.Error() + ".")
	case errors.Is(err, mutes.ErrTooMany):
		return Problem("Too many mutes are in force. Lift some, or wait until some are over.")
	case errors.Is(err, mutes.ErrSilent):
		return Problem("Not all processes have answered whether they know the author. Try again.")
	}
	return err
}
