package live

import (
	"context"
	"sync/atomic"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
)

// Source follows the logs of rooms. It calls the Hub's Reset, Deliver and Refreshed, one
// at a time for a room. After Reset and Deliver it calls Flush; one Flush may serve several
// calls, and come a few milliseconds later. Its methods do not block.
type Source interface {
	Watch(name.Room)
	Unwatch(name.Room) // nothing more is delivered
	// Refresh has the log read: Refreshed follows when what is in it now has been
	// delivered.
	Refresh(name.Room)
}

// History reads a log, oldest entries first: the newest n, or up to n after id. gap says that
// entries between id and these may be missing. It blocks, at most until ctx ends.
type History interface {
	Last(ctx context.Context, room name.Room, n int) ([]wire.Entry, error)
	After(ctx context.Context, room name.Room, id wire.ID, n int) (entries []wire.Entry, gap bool, err error)
}

// Sessions knows which sessions have ended. Its methods do not block.
type Sessions interface {
	// Known reports whether it is known which have. Nobody is let in before.
	Known() bool
	Ended(session string) bool
}

// Options are the hub's parts, times and bounds.
type Options struct {
	Source       Source
	History      History
	Sessions     Sessions
	PingInterval time.Duration // a peer that has been silent for so long is pinged once
	PingTimeout  time.Duration // and cut when nothing is heard for so long after that
	MaxTailBytes int           // of the frames that a room keeps; 1 MiB if zero
	MaxMemory    int64         // bytes that all rooms hold together; 256 MiB if zero
	// Retention is the age at which a frame leaves its room. Now is the clock that the
	// IDs come from.
	Retention time.Duration
	Now       func() time.Time
	// Spread picks how long a client should wait before it reconnects, when
	// n of them are told to.
	Spread func(n int) time.Duration
}

// Counts are totals since the start.
type Counts struct {
	Messages        atomic.Int64 // delivered to rooms
	Gaps            atomic.Int64 // of which members were told
	TooSlow, Silent atomic.Int64 // members closed, and cut
	GivenUp         atomic.Int64 // tails given up for want of memory
	Refused         atomic.Int64 // members closed because there were too many rooms
}
