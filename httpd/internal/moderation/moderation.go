// Package moderation carries out what the operator orders. [Moderation] has a method for each
// order. Its Handler answers chatterctl on the admin listener of httpd; package web calls the
// same methods for a moderator.
//
// The package must not know who wrote a message.
package moderation

import (
	"context"
	"errors"

	"chatter/shared/name"
	"chatter/shared/roomlog"
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
}

// Options are the parts of a Moderation. Every field must be set.
type Options struct {
	Log Log
}

// Moderation carries out orders. It is safe for concurrent use.
type Moderation struct {
	log Log
}

// New returns a Moderation.
func New(o Options) *Moderation { return &Moderation{log: o.Log} }

// Remove removes a message for everybody. Removing it again changes nothing and is no error.
func (m *Moderation) Remove(ctx context.Context, room name.Room, id wire.ID) error {
	_, err := m.log.Remove(ctx, room, id)
	if errors.Is(err, roomlog.ErrNotInLog) {
		return ErrNoMessage
	}
	return err
}
