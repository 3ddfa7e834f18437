// Package socket accepts WebSockets, reads what guests say, hands it to the log, and
// answers in frames of package wire.
//
// The WebSocket library does the handshake, reads, control frames and closes. Every byte of
// a member is written by its writer in package live, the answer to the handshake too.
// The package must not know how messages are stored or ordered.
//
// Files: server.go, accept.go and origin.go (from the request to the member), hijack.go and
// conn.go (between the library and the network), await.go and poller_….go (how a socket
// waits), meter.go (how much it may send), output.go (how it is written to), frame.go and
// socket.go (what a guest says), drain.go (the end of all), users.go and counts.go (what the
// server tells of itself).
package socket

import (
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"chatter/shared/limits"
	"chatter/shared/name"
	"chatter/shared/origin"
	"chatter/shared/refuse"
	"chatter/shared/session"
	"chatter/shared/wire"
	"chatter/wsd/internal/live"
)

// Log stores what guests say; package roomlog has it. Its comment shows the way of a message.
type Log interface {
	// Submit stores text in room, once for each nonce, and calls done exactly once, from
	// any goroutine; an error means that it may or may not be stored. Later it calls send:
	// what done has prepared may leave with what the room's members get. Calls for one room
	// are stored in their order. It may block for one try to store, 2 s at most.
	Submit(room name.Room, nonce wire.Nonce, text wire.Text, done func(wire.Stored, error), send func())
}

// Sessions finds the session of a request, one that has not ended. An error means that there
// is none.
type Sessions interface {
	FromRequest(r *http.Request, now time.Time, site origin.Origin) (session.Session, error)
}

// Mutes knows which authors are muted.
type Mutes interface {
	// Known reports whether that is known.
	Known() bool
	// Muted reports for how long an author is still muted.
	Muted(session.Author) (left time.Duration, muted bool)
	// Stored notes the author of a message.
	Stored(author session.Author, room name.Room, id wire.ID)
}

// Options are a server's parts and bounds.
type Options struct {
	Hub      *live.Hub
	Index    *live.Feed
	Log      Log
	Sessions Sessions
	Mutes    Mutes
	// Classes are the address classes of the guests.
	Classes *limits.Classes
	// Visit notes that a guest is here, Used that something was said in a room.
	Visit func(name.User, limits.Class)
	Used  func(name.Room, limits.Class)
	// Acked notes how long a message took from its arrival until it was stored. It must not
	// block.
	Acked   func(time.Duration)
	Limiter *limits.Limiter // nil for no limits
	// Refused are names of rooms that are not admitted; nil for none.
	Refused *refuse.Names
	// Unlimited lets a socket send as many frames and bytes as it likes.
	Unlimited bool
	Logger    *slog.Logger
	// MaxSockets is how many sockets may be open; one more is closed with
	// 1013.
	MaxSockets int
	// Spread picks how long a client should wait, when n are told to.
	Spread func(n int) time.Duration
	// StallTimeout is how long a peer may take nothing of what is written to
	// it before it is given up; 30 s if zero.
	StallTimeout time.Duration
	// FrameTimeout is how long the rest of a long frame may take; 30 s if zero.
	FrameTimeout time.Duration
	// MaxReading is how many bytes of unfinished long frames all sockets may hold together;
	// 32 MiB if zero.
	MaxReading int64
	// Public is the site's origin; zero if each request tells it.
	Public origin.Origin
	// Origins are patterns of hosts, or of origins if they contain "://", whose
	// pages may connect beside those of the site itself.
	Origins []string
}

// Server serves /ws, /ws/index/ and /ws/chat/NAME/. It is safe for concurrent use.
type Server struct {
	Options
	counts   Counts
	arriving atomic.Int64 // handshakes under way, waiting ones too
	open     atomic.Int64
	pending  atomic.Int64 // appends under way
	storing  atomic.Int64 // bytes of them
	reading  atomic.Int64 // bytes of long frames that are read or handled
	draining atomic.Bool  // nothing is appended any more
	hinted   sync.Once    // by hintAtPublicURL
	// Holds a token for each handshake at work. When thousands come back at once they
	// take turns, so that the sockets that are open already are served beside them.
	handshakes chan struct{}
	users      openUsers
	poller     *poller
}

// NewServer returns a server that is ready to serve. The caller closes it after the drain.
func NewServer(o Options) (*Server, error) {
	poller, err := newPoller()
	if err != nil {
		return nil, err
	}
	if o.StallTimeout == 0 {
		o.StallTimeout = 30 * time.Second
	}
	if o.FrameTimeout == 0 {
		o.FrameTimeout = frameTimeout
	}
	if o.MaxReading == 0 {
		o.MaxReading = 32 << 20
	}
	s := &Server{Options: o, handshakes: make(chan struct{}, 2*runtime.GOMAXPROCS(0)), poller: poller}
	s.counts.Closes = make(map[wire.CloseCode]*atomic.Int64)
	for _, code := range closeCodes {
		s.counts.Closes[code] = new(atomic.Int64)
	}
	return s, nil
}

// Close frees what the server holds. Sockets that are open are not read any more.
func (s *Server) Close() { s.poller.close() }
