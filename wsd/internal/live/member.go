package live

import (
	"sync"
	"sync/atomic"
	"time"

	"chatter/shared/wire"
)

// Conn is a member's connection as this package writes to it. Calls of
// TryWrite and Write never overlap.
type Conn interface {
	// TryWrite writes as much of p as the socket takes at once. It returns
	// n < len(p) and no error when the socket would block.
	TryWrite(p []byte) (n int, err error)
	// Write blocks until p is written or the peer has taken nothing for so
	// long that it must be given up.
	Write(p []byte) error
	// Linger has the connection's reader wait for the peer's close frame,
	// for a bounded time, and leave then.
	Linger()
	// Abort cuts the connection. The reader ends with an error.
	Abort()
}

// Protocol is what a member understands.
type Protocol uint8

const (
	Events  Protocol = iota // chatter.v1: every event
	Classic                 // only messages
)

const (
	// What may wait for a member beside the room's frames: acks, refusals,
	// pongs. A peer that lets more pile up does not read.
	ownBytes = 64 << 10
	// How much a member that is behind is given in one blocking write.
	chunkBytes = 64 << 10
)

// The states of a member's writing side. Whoever moves it from idle to
// writing owns the connection's writing side, the cursor and the welcome.
const (
	idle    uint32 = iota
	writing        // owned
	again          // owned, and something has come since the owner looked
	closed         // nothing is written any more; final
)

// welcome is what a member must be told beside the frames.
type welcome uint8

const (
	settled welcome = iota
	joined          // all it missed, then "live"
	broken          // a gap, the newest page, then "live"
)

// Member is one socket in a room. It holds a cursor into the room's run
// instead of a queue.
type Member struct {
	conn     Conn
	protocol Protocol

	room *room // where it joins, set before anybody there knows of it
	seat seat  // its place in the room; guarded by the group's lock

	state atomic.Uint32

	// Set when the member has its cursor: from then on the run is due to it.
	seated atomic.Bool
	// Owned by whoever is in state writing, once it is seated.
	cursor  uint64
	welcome welcome

	mu   sync.Mutex    // guards what follows; nothing is called under it
	own  []byte        // frames for this member alone
	sent chan struct{} // closed, by whoever empties own, when its bytes are out

	// Of its end; see close.go.
	ending  bool          // own takes no more; goodbye follows when what is due is written
	dropRun bool          // the run is not due to it any more
	goodbye []byte        // the close frame, unless the library has written one to own
	done    chan struct{} // closed when nothing is written any more; made by Settle
	left    bool          // its reader has ended: it gets no seat

	heard  atomic.Int64 // when the peer was last heard of, Unix seconds
	pinged atomic.Int64 // when it was pinged with no sign of it since, or 0
}

// NewMember returns a member that is in no room yet: it can be sent to and
// closed.
func NewMember(conn Conn, protocol Protocol, now time.Time) *Member {
	m := &Member{conn: conn, protocol: protocol}
	m.heard.Store(now.Unix())
	return m
}

// Heard notes that the peer has sent something. It is cheap.
func (m *Member) Heard(now time.Time) {
	m.heard.Store(now.Unix())
	if m.pinged.Load() != 0 {
		m.pinged.Store(0)
	}
}

// Unanswered is for how long a ping has been without any sign of the peer, to
// the second; zero if none is.
func (m *Member) Unanswered(now time.Time) time.Duration {
	pinged := m.pinged.Load()
	if pinged == 0 {
		return 0
	}
	return now.Sub(time.Unix(pinged, 0))
}

// Send sends payload as a text frame to this member alone, unless it is
// closing. It does not block; a member that lets too much pile up is closed.
func (m *Member) Send(payload []byte) {
	m.queue(func(own []byte) []byte { return appendFrame(own, opText, payload) })
}

// Control sends ready-made frames to this member alone, as Send does.
func (m *Member) Control(frames []byte) {
	m.queue(func(own []byte) []byte { return append(own, frames...) })
}

// Hold is Control that does not write yet: frames go out in one write with what comes
// next. The caller calls Flush afterwards.
func (m *Member) Hold(frames []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.ending {
		m.own = append(m.own, frames...)
	}
}

// Flush writes what is due to the member. It does not block.
func (m *Member) Flush() { m.flush() }

func (m *Member) queue(add func([]byte) []byte) {
	m.mu.Lock()
	if m.ending {
		m.mu.Unlock()
		return
	}
	m.own = add(m.own)
	over := len(m.own) > ownBytes
	m.mu.Unlock()
	if over {
		m.end(wire.CloseTooSlow, "", true)
		return
	}
	m.flush()
}

// acquire takes the writing side. If somebody has it, they are told to look
// again, so nothing is missed.
func (m *Member) acquire() bool {
	for {
		switch s := m.state.Load(); s {
		case idle:
			if m.state.CompareAndSwap(idle, writing) {
				return true
			}
		case writing:
			if m.state.CompareAndSwap(writing, again) {
				return false
			}
		default:
			return false
		}
	}
}

// release gives the writing side back, unless something has come since: then
// the caller still has it, and looks again.
func (m *Member) release() bool {
	if m.state.CompareAndSwap(writing, idle) {
		return true
	}
	m.state.CompareAndSwap(again, writing)
	return false
}
