package socket

import (
	"context"
	"errors"
	"time"

	"chatter/shared/capacity"
	"chatter/shared/limits"
	"chatter/shared/name"
	"chatter/shared/session"
	"chatter/shared/wire"
	"chatter/wsd/internal/live"
	"chatter/wsd/internal/stack"

	"github.com/coder/websocket"
)

const (
	// A guest that is refused for saying too much is told when to go on. It is closed when its
	// refused messages exceed its allowed ones by more than this.
	maxOverruns = 100
	// How many messages of one socket may be on their way to the log. A socket that says
	// more is not read until some are stored.
	maxUnstored = 64
	// How many bytes of all sockets may be. What an append takes beside its text, in all
	// packages, is appendBytes.
	maxStoring  = 32 << 20
	appendBytes = 1 << 10
	// When a message could not be stored, the guest's page tries again so much later.
	unavailableRetry = 2 * time.Second
)

// socket is one guest's connection. Its fields belong to its reader.
type socket struct {
	server  *Server
	conn    *conn
	ws      *websocket.Conn
	member  *live.Member
	guest   guest          // zero for a socket that was not let in
	limited limits.Guest   // as limits know the guest
	author  session.Author // as mutes know the guest
	room    name.Room      // zero on the index
	classic bool

	overruns overruns
	held     int           // bytes of the frame's buffer, as the server has counted them
	unstored chan struct{} // holds a token for each message on its way to the log; nil before the first
}

// read is the reader's work. It handles what the peer has sent until nothing is left. When the
// socket ends, the reader stays awake, so that wakeReader never starts another one.
func (s *socket) read() {
	for {
		if !s.conn.await() {
			if s.conn.reader.Sleep() {
				return
			}
			continue
		}
		if s.conn.watched {
			s.conn.poller.unwatch(s.conn)
			s.conn.watched = false
			stack.Grow()
		}
		typ, frame, err := s.ws.Reader(context.Background())
		if err == nil {
			err = s.handle(typ, frame)
		}
		if err != nil {
			s.server.countEnd(err, s.member.CloseCode())
			_ = s.ws.CloseNow() // the member leaves: see conn.Close
			if !s.guest.user.IsZero() {
				s.server.users.add(s.guest, -1)
			}
			s.server.open.Add(-1)
			return
		}
	}
}

// say handles a client's text frame. It blocks while too many of the socket's messages
// are on their way to the log, and as Log.Submit does.
func (s *socket) say(frame []byte) {
	said, refusal := s.parse(frame)
	if refusal == nil && s.room.IsZero() {
		refusal = &wire.Refusal{Nonce: said.Nonce, Code: wire.CodeBadFrame, Detail: "nothing can be said on the index"}
	}
	m := limits.Message{Guest: s.limited, Bytes: len(frame)}
	if refusal == nil {
		m.Room, m.Bytes, m.Empty = s.room.Key(), len(said.Text.String()), s.server.Hub.Empty(s.member)
	}
	arrived := time.Now()
	if wait := s.server.Limiter.Say(m, arrived); wait > 0 {
		s.overrun(said.Nonce, refusal, wait)
		return
	}
	s.overruns.allowed()
	if refusal != nil {
		s.refuse(*refusal)
		return
	}
	if !s.server.Hub.MaySpeak(s.member) || !s.server.Mutes.Known() || s.server.storing.Load() > maxStoring {
		s.refuse(wire.Refusal{
			Nonce: said.Nonce, Code: wire.CodeUnavailable,
			Detail: "the session has ended or cannot be checked, or too much waits to be stored", RetryAfter: unavailableRetry,
		})
		return
	}
	if left, muted := s.server.Mutes.Muted(s.author); muted {
		s.refuse(wire.Refusal{Nonce: said.Nonce, Code: wire.CodeMuted, Detail: "the operator has muted you", RetryAfter: left})
		return
	}
	if s.unstored == nil {
		s.unstored = make(chan struct{}, maxUnstored)
	}
	s.unstored <- struct{}{}
	size := appendBytes + len(said.Text.String())
	if !s.server.beginAppend(size) {
		<-s.unstored
		return
	}
	s.server.Log.Submit(s.room, said.Nonce, said.Text, func(stored wire.Stored, err error) {
		if err == nil {
			s.server.Mutes.Stored(s.author, s.room, stored.ID)
			s.server.Acked(time.Since(arrived))
		}
		s.answer(said.Nonce, stored.ID, err)
		s.server.endAppend(size)
		<-s.unstored
	}, s.member.Flush)
}

func (s *socket) parse(frame []byte) (wire.Say, *wire.Refusal) {
	if !s.classic {
		return wire.ParseSay(frame)
	}
	// The classic client knows no nonces. A new one makes the append safe to retry on
	// this side.
	text, refusal := wire.ParseClassicSay(frame)
	return wire.Say{Text: text, Nonce: wire.NewNonce()}, refusal
}

// overruns is how many messages of a socket were refused because there were too many, less
// those that were allowed.
type overruns int

func (o *overruns) allowed() { *o = max(0, *o-1) }

// refused reports whether it is time to close the socket.
func (o *overruns) refused() bool { *o++; return *o > maxOverruns }

// overrun refuses a message because there were too many, and closes a socket that goes
// on all the same. A message that is refused anyway counts too.
func (s *socket) overrun(nonce wire.Nonce, refusal *wire.Refusal, wait time.Duration) {
	if refusal != nil {
		nonce = refusal.Nonce
	}
	if s.overruns.refused() {
		s.member.Close(wire.CloseFlooding, "")
		return
	}
	s.refuse(wire.Refusal{
		Nonce: nonce, Code: wire.CodeRateLimited,
		Detail: "too many messages at once", RetryAfter: wait,
	})
}

// answer tells the sender whether a message has been stored, with the member's next Flush.
func (s *socket) answer(nonce wire.Nonce, id wire.ID, err error) {
	if full, ok := errors.AsType[capacity.Full](err); ok {
		s.refuse(wire.Refusal{Nonce: nonce, Code: wire.CodeFull, Detail: full.Error(), RetryAfter: capacity.RetryAfter()})
		return
	}
	if err != nil {
		s.server.counts.Unavailable.Add(1)
		s.server.logUnavailable(err)
		s.refuse(wire.Refusal{
			Nonce: nonce, Code: wire.CodeUnavailable,
			Detail: "the message could not be stored", RetryAfter: unavailableRetry,
		})
		return
	}
	s.server.counts.Stored.Add(1)
	s.server.Used(s.room, s.guest.class)
	if !s.classic {
		s.member.HoldText(wire.AppendAck(nil, nonce, id))
	}
}

func (s *socket) refuse(r wire.Refusal) {
	// A page sends an empty message to see whether its socket lives. Package mutes counts the
	// messages of muted authors, late, so that no count tells when one was refused.
	if r.Code != wire.CodeEmpty && r.Code != wire.CodeMuted {
		s.server.counts.Refused.Add(1)
	}
	if !s.classic {
		s.member.Send(wire.AppendRefused(nil, r))
	}
}
