// Package moderation carries out what the operator orders. [Moderation] has a method for each
// order. Its Handler answers chatterctl on the admin listener of httpd; package web calls the
// same methods for a moderator.
//
// The package must not know who wrote a message.
package moderation

import (
	"context"

	"chatter/shared/name"
	"chatter/shared/orders"
	"chatter/shared/origin"
	"chatter/shared/wire"
)

// Problem is an error that the operator can do something about. Its text says what to do.
type Problem string

// Error implements error.
func (p Problem) Error() string { return string(p) }

// ErrNoMessage is for an ID that is not in the room's log.
const ErrNoMessage = Problem("There is no message with this ID in this room: it has expired, or the ID belongs to another room.")

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

// Options are the parts of a Moderation. Every field but Public must be set.
type Options struct {
	Log    Log
	Hidden Hidden
	Mutes  Mutes
	// Announce tells this process at once, and all others, of removed messages.
	Announce func(ctx context.Context, room name.Room, removed []wire.Removal) error

	Moderators *Moderators
	Reports    *Reports
	Public     origin.Origin // of the site; may be zero
}

// Moderation carries out orders. It is safe for concurrent use.
type Moderation struct{ Options }

// New returns a Moderation.
func New(o Options) *Moderation { return &Moderation{o} }
