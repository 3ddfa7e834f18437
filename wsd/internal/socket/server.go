// Package socket is wsd's edge: it accepts WebSockets, reads what guests say,
// hands it to the log, and answers in wire's words.
//
// The WebSocket library does the handshake, reads, control frames and closes;
// every byte after the handshake is written by the engine in package live.
// The package must not know how messages are stored or ordered.
package socket

import (
	"log/slog"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"chatter/shared/name"
	"chatter/shared/session"
	"chatter/shared/wire"
	"chatter/wsd/internal/live"

	"github.com/coder/websocket"
)

// Log stores what guests say.
type Log interface {
	// Append stores text in room, once for each nonce, and calls done exactly
	// once, from any goroutine; an error means that it may or may not be
	// stored. Calls for one room are stored in their order. It does not block.
	Append(room name.Room, nonce wire.Nonce, text wire.Text, done func(wire.ID, error))
}

// Sessions tells whose request it is.
type Sessions interface {
	FromRequest(r *http.Request, now time.Time) (session.Session, error)
}

// Limiter bounds how much one session may say.
type Limiter interface {
	Allow(sessionID string, now time.Time) (ok bool, retryAfter time.Duration)
}

// Options are a server's parts and bounds.
type Options struct {
	Hub      *live.Hub
	Index    *live.Feed
	Log      Log
	Sessions Sessions
	Limiter  Limiter
	Logger   *slog.Logger
	// MaxSockets is how many sockets may be open; one more is closed with
	// 1013.
	MaxSockets int
	// Spread picks how long a client should wait, when n are told to.
	Spread func(n int) time.Duration
	// StallTimeout is how long a peer may take nothing of what is written to
	// it before it is given up; 30 s if zero.
	StallTimeout time.Duration
	// Origins are patterns of further origins that may connect, beside the
	// host itself.
	Origins []string
}

// Server serves /ws/chat/NAME/ and /ws/index/.
type Server struct {
	Options
	counts   Counts
	arriving atomic.Int64 // handshakes under way, waiting ones too
	open     atomic.Int64
	pending  atomic.Int64 // appends under way
	draining atomic.Bool  // nothing is appended any more
	// Holds a token per handshake at work. When thousands come back at once
	// they take turns, and those who are back already are served beside them.
	handshakes chan struct{}
}

// NewServer returns a server that is ready to serve.
func NewServer(o Options) *Server {
	if o.StallTimeout == 0 {
		o.StallTimeout = 30 * time.Second
	}
	return &Server{Options: o, handshakes: make(chan struct{}, 2*runtime.GOMAXPROCS(0))}
}

// Counts are the server's totals.
func (s *Server) Counts() *Counts { return &s.counts }

// Open is how many sockets are open.
func (s *Server) Open() int { return int(s.open.Load()) }

// ServeHTTP upgrades the request and returns: the socket goes on with one
// goroutine of its own.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	if path == "/ws/index/" {
		s.serve(w, r, func(sock *socket) { s.Index.Join(sock.member) })
		return
	}
	escaped, ok := strings.CutPrefix(path, "/ws/chat/")
	if !ok {
		http.NotFound(w, r)
		return
	}
	since := sinceOf(r.URL.Query())
	s.serve(w, r, func(sock *socket) {
		room, err := roomOf(strings.TrimSuffix(escaped, "/"))
		if err != nil {
			sock.member.Close(wire.CloseNoRoom, "")
			return
		}
		sock.room = room
		s.Hub.Join(room, sock.member, since)
	})
}

func roomOf(escaped string) (name.Room, error) {
	text, err := url.PathUnescape(escaped)
	if err != nil {
		return name.Room{}, err
	}
	return name.ParseRoom(text)
}

// sinceOf reads the cursor. One that is none stands in no log: that is a gap,
// not an error, so that a page with a broken cursor still gets its messages.
func sinceOf(query url.Values) live.Since {
	if !query.Has("since") {
		return live.Now()
	}
	text := query.Get("since")
	if text == "0" {
		return live.Newest()
	}
	id, err := wire.ParseID(text)
	switch {
	case err != nil:
		return live.Unknown()
	case id.IsZero():
		return live.Newest()
	}
	return live.After(id)
}

// serve accepts a socket and has join let it in. Whoever may not come in is
// accepted all the same and closed with a code, so that a page can tell.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, join func(*socket)) {
	s.arriving.Add(1)
	defer s.arriving.Add(-1)
	select {
	case s.handshakes <- struct{}{}:
		defer func() { <-s.handshakes }()
	case <-r.Context().Done():
		return // gone while it waited
	}
	hj := &hijacker{ResponseWriter: w}
	ws, err := websocket.Accept(hj, r, &websocket.AcceptOptions{
		Subprotocols:    []string{wire.Subprotocol},
		OriginPatterns:  s.Origins,
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		s.counts.Rejected.Add(1)
		s.Logger.Debug("handshake refused", "error", err)
		return
	}
	s.counts.Accepted.Add(1)
	ws.SetReadLimit(wire.MaxFrameBytes)

	protocol := live.Classic
	if ws.Subprotocol() == wire.Subprotocol {
		protocol = live.Events
	}
	now := time.Now()
	sock := &socket{server: s, conn: hj.conn, ws: ws, classic: protocol == live.Classic}
	sock.member = live.NewMember(blocking{hj.conn, s.StallTimeout}, protocol, now)
	hj.conn.member = sock.member
	sock.member.Hold(hj.answer)

	if open := s.open.Add(1); open > int64(s.MaxSockets) {
		// Before the session: who has none is a socket too, for a moment.
		sock.member.Close(wire.CloseOverloaded, wire.RetryReason(s.Spread(int(open))))
	} else if who, err := s.Sessions.FromRequest(r, now); err != nil {
		sock.member.Close(wire.CloseSignIn, "")
	} else {
		sock.session = who.ID
		join(sock)
	}
	// A room that is not loaded yet lets nobody in. A classic client takes the answer to
	// its handshake for its place in the room, so it gets it then: what it says at once
	// must come back to it.
	if protocol == live.Events {
		sock.member.Flush()
	}
	// The goroutine owns the socket from here on; the request can be freed.
	go sock.read()
}
