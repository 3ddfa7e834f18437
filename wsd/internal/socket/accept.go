package socket

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"chatter/shared/limits"
	"chatter/shared/name"
	"chatter/shared/origin"
	"chatter/shared/wire"
	"chatter/wsd/internal/live"

	"github.com/coder/websocket"
)

// ServeHTTP answers or upgrades the request and returns. It waits for its turn while many
// handshakes are under way. The poller starts the socket's reader when something comes; without
// a poller, or if something came with the handshake, it starts at once.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	if path == "/ws" { // A page asks whether wsd is there before it opens a socket.
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if path == "/ws/index/" {
		s.accept(w, r, func(sock *socket) { s.Index.Join(sock.member) })
		return
	}
	escaped, ok := strings.CutPrefix(path, "/ws/chat/")
	if !ok {
		http.NotFound(w, r)
		return
	}
	since := sinceOf(r.URL.Query())
	s.accept(w, r, func(sock *socket) {
		room, _, err := name.ParseRoomPath(escaped)
		if _, more, _ := strings.Cut(escaped, "/"); err != nil || more != "" || s.Refused.Room(room) {
			sock.member.Close(wire.CloseNoRoom, "")
			return
		}
		sock.room = room
		s.Hub.Join(room, sock.member, since)
	})
}

// sinceOf reads the cursor. A malformed one stands in no log: that is a gap, not an
// error, so that a page with a broken cursor still gets its messages.
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

// accept shakes hands and has join let the socket in. A client that may not come in is
// accepted too, and closed with a code, so that its page can tell why. A page of another
// origin learns nothing: its handshake is refused.
func (s *Server) accept(w http.ResponseWriter, r *http.Request, join func(*socket)) {
	s.arriving.Add(1)
	defer s.arriving.Add(-1)
	select {
	case s.handshakes <- struct{}{}:
		defer func() { <-s.handshakes }()
	case <-r.Context().Done():
		return // the client has gone while it waited
	}
	site := origin.Of(r, s.Public)
	if err := s.checkOrigin(r, site); err != nil {
		s.counts.Rejected.Add(1)
		s.Logger.Debug("handshake refused", "reason", "origin")
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	hj := &hijacker{ResponseWriter: w}
	ws, err := websocket.Accept(hj, r, &websocket.AcceptOptions{
		Subprotocols:       []string{wire.Subprotocol},
		InsecureSkipVerify: true, // the Origin is checked above
		CompressionMode:    websocket.CompressionDisabled,
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
	member := live.NewMember(output{hj.conn, s.StallTimeout}, protocol, now)
	sock := &socket{server: s, conn: hj.conn, ws: ws, member: member, classic: protocol == live.Classic}
	hj.conn.hub, hj.conn.member, hj.conn.unlimited = s.Hub, member, s.Unlimited
	hj.conn.socket, hj.conn.poller = sock, s.poller
	hj.conn.reader.Wake() // so that wakeReader starts no second one
	member.Hold(hj.answer)
	if len(hj.conn.ahead) > 0 {
		hj.conn.heard(hj.conn.ahead)
	}

	if open := s.open.Add(1); open > int64(s.MaxSockets) {
		// Before the session is verified: a client without one has a socket too.
		member.Close(wire.CloseOverloaded, wire.RetryReason(s.Spread(int(open))))
	} else if session, err := s.Sessions.FromRequest(r, now, site); err != nil {
		member.Close(wire.CloseSignIn, "")
	} else {
		member.Session = session.Hash
		sock.guest = guest{session.User, s.Classes.Of(r, now)}
		sock.author = session.Author
		s.users.add(sock.guest, 1)
		s.Visit(sock.guest.user, sock.guest.class)
		sock.limited = limits.Guest{Network: s.Classes.NetworkOf(r), Session: session.Hash, Since: session.Since()}
		join(sock)
	}
	// A room that is not loaded yet lets nobody in. A classic client takes the answer to
	// its handshake for its place in the room, so it gets the answer when it is in: what
	// it says at once must come back to it.
	if protocol == live.Events {
		member.Flush()
	}
	// The reader owns the socket from here on, if it starts; the request can be freed.
	if len(hj.conn.ahead) > 0 || !hj.conn.watch() || !hj.conn.reader.Sleep() {
		go sock.read()
	}
}
