package live

import "time"

// Conn is a member's connection as this package writes to it. Calls of TryWrite and
// Write never overlap. Linger and Abort may be called at any time; they must not call
// the member's writer.
type Conn interface {
	// TryWrite writes as much of p as the socket takes at once. It returns
	// n < len(p) and no error when the socket would block.
	TryWrite(p []byte) (n int, err error)
	// Write blocks until p is written or the peer has taken nothing for so
	// long that it must be given up.
	Write(p []byte) error
	// Linger has the connection's reader wait for the peer's close frame, for a
	// bounded time, and leave then. It does not block.
	Linger()
	// Abort cuts the connection. The reader ends with an error. It does not block.
	Abort()
}

// Protocol is what a member understands.
type Protocol uint8

const (
	Events  Protocol = iota // chatter.v1: every event
	Classic                 // only messages
)

// Member is one socket in a room: its place there, its writer, and whether its peer is
// alive. There is no queue of messages: the writer has a cursor into the room's tail.
type Member struct {
	writer
	liveness
	Session string // as Sessions knows it; set before the member joins
	index   int    // in room.members; guarded by room.mu
}

// NewMember returns a member that is in no room yet: it can be sent to and closed. now
// is when its peer was last heard of.
func NewMember(conn Conn, protocol Protocol, now time.Time) *Member {
	return &Member{
		writer:   writer{conn: conn, protocol: protocol},
		liveness: liveness{heard: now},
	}
}
