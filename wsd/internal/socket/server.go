// Package socket accepts WebSockets, reads what guests say, hands it to the log, and
// answers in frames of package wire.
//
// The WebSocket library does the handshake, reads, control frames and closes. Every byte
// is written by the member's writer in package live, the answer to the handshake too.
// The package must not know how messages are stored or ordered.
//
// Files: server.go and accept.go and origin.go (from the request to the member), hijack.go and conn.go
// (between the library and the network), await.go (how a socket waits), meter.go (how much it
// may send), output.go (how it is written to), frame.go and socket.go (what a guest says),
// drain.go (the end of all).
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

// Log stores what guests say.
type Log interface {
	// Append stores text in room, once for each nonce, and calls done exactly
	// once, from any goroutine; an error means that it may or may not be
	// stored. Later it calls flush: what done has prepared may leave with what the room's
	// members get. Calls for one room are stored in their order. It may block for one
	// try to store.
	Append(room name.Room, nonce wire.Nonce, text wire.Text, done func(wire.ID, error), flush func())
}

// Sessions finds the session of a request, one that has not ended.
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
	// Visit notes that a guest is here, Used that something was said in a room; nil for
	// nothing.
	Visit func(name.User, limits.Class)
	Used  func(name.Room, limits.Class)
	// Acked notes how long a message took from its arrival until it was stored; nil for
	// nothing. It must not block.
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

// Counts are totals since the start.
type Counts struct {
	Accepted, Rejected           atomic.Int64 // handshakes
	Stored, Refused              atomic.Int64 // messages
	Unavailable, Unclean, TooBig atomic.Int64
	Flooding                     atomic.Int64                     // sockets that sent too many frames or bytes
	NoMemory                     atomic.Int64                     // sockets closed because too many long frames were being read
	Closes                       map[wire.CloseCode]*atomic.Int64 // sockets by the code that they were closed with
	loggedAt                     atomic.Int64                     // when logUnavailable logged last, Unix seconds
}

// Server serves /ws/chat/NAME/ and /ws/index/. It is safe for concurrent use.
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
}

// NewServer returns a server that is ready to serve.
func NewServer(o Options) *Server {
	if o.StallTimeout == 0 {
		o.StallTimeout = 30 * time.Second
	}
	if o.FrameTimeout == 0 {
		o.FrameTimeout = frameTimeout
	}
	if o.MaxReading == 0 {
		o.MaxReading = 32 << 20
	}
	if o.Visit == nil {
		o.Visit = func(name.User, limits.Class) {}
	}
	if o.Used == nil {
		o.Used = func(name.Room, limits.Class) {}
	}
	if o.Acked == nil {
		o.Acked = func(time.Duration) {}
	}
	if o.Classes == nil {
		o.Classes = limits.NewClasses(nil)
	}
	s := &Server{Options: o, handshakes: make(chan struct{}, 2*runtime.GOMAXPROCS(0))}
	s.counts.Closes = make(map[wire.CloseCode]*atomic.Int64)
	for _, code := range closeCodes {
		s.counts.Closes[code] = new(atomic.Int64)
	}
	return s
}

// Counts are the server's totals.
func (s *Server) Counts() *Counts { return &s.counts }

// Storing and Reading are how many bytes are on their way to the log, and how many long
// frames that are being read hold.
func (s *Server) Storing() int64 { return s.storing.Load() }
func (s *Server) Reading() int64 { return s.reading.Load() }

// Open is how many sockets are open.
func (s *Server) Open() int { return int(s.open.Load()) }
