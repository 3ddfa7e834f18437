// Package moderation carries out what the operator orders. [Moderation] has a method for each
// order. Its Handler answers chatterctl on the admin listener of httpd; package web calls the
// same methods for a moderator.
//
// The package must not know who wrote a message.
package moderation

import (
	"context"
	"errors"
	"time"

	"chatter/shared/mutes"
	"chatter/shared/name"
	"chatter/shared/orders"
	"chatter/shared/origin"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
)

// Problem is an error that the operator can do something about. Its text says what to do.
type Problem string

// Error implements error.
func (p Problem) Error() string { return string(p) }

const (
	// ErrNoMessage is for an ID that is not in the room's log.
	ErrNoMessage = Problem("There is no message with this ID in this room: it has expired, or the ID belongs to another room.")
	// ErrNoAuthor is for a message whose author cannot be muted.
	ErrNoAuthor = Problem("The author of this message is not known any more: it is too old (--author-marks), the process that stored it has ended, or there is no such message in this room.")
)

// problems are what errors of other packages mean to the operator.
var problems = map[error]Problem{
	roomlog.ErrNotInLog: ErrNoMessage,
	mutes.ErrUnknown:    ErrNoAuthor,
	mutes.ErrTime:       Problem("for: " + mutes.ErrTime.Error() + "."),
	mutes.ErrTooMany:    "Too many mutes are in force. Lift some, or wait until some are over.",
	mutes.ErrSilent:     "Not all processes have answered whether they know the author. Try again.",
	mutes.ErrNoOrder:    "No order with this handle is in force: chatterctl orders lists them.",
}

func explain(err error) error {
	for known, problem := range problems {
		if errors.Is(err, known) {
			return problem
		}
	}
	return err
}

// Log removes messages.
type Log interface {
	Remove(ctx context.Context, room name.Room, id wire.ID) (wire.Removal, error)
	Empty(ctx context.Context, room name.Room, removed func([]wire.Removal) error) error
}

// Hidden keeps names out of the lists "users" and "rooms". It knows them by their keys.
type Hidden interface {
	Hide(ctx context.Context, list, key string) error
	Show(ctx context.Context, handle string) (found bool, err error)
	InForce(ctx context.Context) ([]orders.HiddenName, error)
}

// Mutes mutes authors of messages.
type Mutes interface {
	Mute(ctx context.Context, room name.Room, id wire.ID, d time.Duration) (mutes.Order, error)
	Lift(ctx context.Context, handle string) error
	InForce() []mutes.Order
}

// Moderation carries out orders. Every field but Public must be set. It is safe for concurrent
// use.
type Moderation struct {
	Log    Log
	Hidden Hidden
	Mutes  Mutes
	// Announce tells this process at once, and all others, of removed messages.
	Announce func(ctx context.Context, room name.Room, removed []wire.Removal) error

	Moderators *Moderators
	Reports    *Reports
	Public     origin.Origin // of the site; may be zero
}

// Remove removes a message for everybody. Removing it again is no error: the processes are told
// again. After another error than a Problem, try again.
func (m *Moderation) Remove(ctx context.Context, room name.Room, id wire.ID) error {
	removed, err := m.Log.Remove(ctx, room, id)
	if err != nil {
		return explain(err)
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

// Mute mutes the author of a message in all processes, for d or a little longer. The answer
// does not depend on who the author is, nor on whether the author is there.
func (m *Moderation) Mute(ctx context.Context, room name.Room, id wire.ID, d time.Duration) (mutes.Order, error) {
	order, err := m.Mutes.Mute(ctx, room, id, d)
	return order, explain(err)
}

// Order is one that is in force. It does not say whom it concerns: nobody knows that any more.
type Order struct {
	Handle string    `json:"handle"` // for Lift
	Kind   string    `json:"kind"`
	Until  time.Time `json:"until"`
}

// kinds are the words for the lists from which names are hidden.
var kinds = map[string]string{"users": "hidden guest", "rooms": "hidden room"}

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
	return explain(m.Mutes.Lift(ctx, handle))
}
