package moderation

import (
	"context"
	"errors"
	"time"

	"chatter/shared/mutes"
	"chatter/shared/name"
)

// ErrNoOrder is for a handle of which no order is in force.
const ErrNoOrder = Problem("No order with this handle is in force: chatterctl orders lists them.")

// Order is one that is in force. It does not say whom it concerns: nobody knows that any more.
type Order struct {
	Handle string    `json:"handle"` // for Lift
	Kind   string    `json:"kind"`
	Until  time.Time `json:"until"`
}

// kinds are the words for the lists from which names are hidden.
var kinds = map[string]string{"users": "hidden guest", "rooms": "hidden room"}

// HideUser keeps a guest's name, in every spelling, out of the list of guests for a day. The
// guest may go on.
func (m *Moderation) HideUser(ctx context.Context, user name.User) error {
	return m.Hidden.Hide(ctx, "users", user.Key())
}

// HideRoom keeps a room's name, in every spelling, out of the list of rooms for a day. The room
// stays open.
func (m *Moderation) HideRoom(ctx context.Context, room name.Room) error {
	return m.Hidden.Hide(ctx, "rooms", room.Key())
}

// Orders returns the orders that are in force and can be lifted.
func (m *Moderation) Orders(ctx context.Context) ([]Order, error) {
	hidden, err := m.Hidden.InForce(ctx)
	if err != nil {
		return nil, err
	}
	all := []Order{}
	for _, h := range hidden {
		all = append(all, Order{h.Handle, kinds[h.List], h.Until})
	}
	for _, mute := range m.Mutes.InForce() {
		all = append(all, Order{mute.Handle, "muted author", mute.Ends})
	}
	return all, nil
}

// Lift ends an order.
func (m *Moderation) Lift(ctx context.Context, handle string) error {
	found, err := m.Hidden.Show(ctx, handle)
	if err != nil || found {
		return err
	}
	if err = m.Mutes.Lift(ctx, handle); errors.Is(err, mutes.ErrNoOrder) {
		return ErrNoOrder
	}
	return err
}
