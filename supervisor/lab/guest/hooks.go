package guest

import (
	"time"

	"chatter/shared/wire"
)

// State is how a guest's socket is. The zero value is that of a guest that rests.
type State uint8

const (
	Paused     State = iota
	Connecting       // a socket is opening, or sending what was missed
	Live             // nothing is missing
	Waiting          // for the next attempt
	SignedOut        // the session is gone; final
	NoRoom           // no room has such a name; final
)

// String is the state's name in a report.
func (s State) String() string {
	return [...]string{"paused", "connecting", "live", "waiting", "signed out", "no room"}[s]
}

// Entry is a message in the outbox.
type Entry struct {
	Nonce wire.Nonce
	Text  string
	At    time.Time // when it was said
	Tries int       // how often it was sent
}

// Message is a message as it came.
type Message struct {
	ID    wire.ID
	Text  string
	Fresh bool // the guest did not have it yet
}

// Hooks are told what happens, one call at a time, in order. They must not block and
// must not call the Guest. Each may be nil.
type Hooks struct {
	State     func(State)
	Attempt   func(since wire.ID) // a socket is about to be opened
	Ended     func(error)         // an attempt failed, or a socket ended; see HandshakeError
	Sent      func(Entry)
	Acked     func(Entry, wire.ID)
	Refused   func(Entry, wire.Code) // sent again by itself if the code is a passing one
	Delivered func(Message)
	Gap       func()
	CaughtUp  func(cursor wire.ID) // the server's live event
}

func tell[T any](hook func(T), v T) {
	if hook != nil {
		hook(v)
	}
}

func tellBoth[A, B any](hook func(A, B), a A, b B) {
	if hook != nil {
		hook(a, b)
	}
}
