package guest

import (
	"time"

	"chatter/shared/wire"
)

// State is the state of a guest's socket. A guest that does not run is Paused.
type State uint8

const (
	Paused     State = iota
	Connecting       // a socket is opening, or missed messages arrive
	Live             // no message is missing
	Waiting          // for the next attempt
	SignedOut        // the session is gone; final
	NoRoom           // no room has such a name; final
)

// String returns the name of the state for a report.
func (s State) String() string {
	return [...]string{"paused", "connecting", "live", "waiting", "signed out", "no room"}[s]
}

// Entry is a message in the outbox.
type Entry struct {
	Nonce wire.Nonce
	Text  string
	At    time.Time // of Say
	Tries int       // how often it was sent
}

// Hooks are called one at a time, in order. They must not block and must not call the
// Guest. Each may be nil.
type Hooks struct {
	State     func(State)
	Attempt   func(since wire.ID) // a socket is about to be opened
	Ended     func(error)         // an attempt failed, or a socket ended; see StatusError
	Sent      func(Entry)
	Acked     func(Entry, wire.ID)
	Refused   func(Entry, wire.Code) // the guest sends it again if the code allows it
	Delivered func(wire.Entry)
	Gap       func()
	CaughtUp  func(cursor wire.ID) // the server's live event
}

func call[T any](hook func(T), v T) {
	if hook != nil {
		hook(v)
	}
}

func callBoth[A, B any](hook func(A, B), a A, b B) {
	if hook != nil {
		hook(a, b)
	}
}
