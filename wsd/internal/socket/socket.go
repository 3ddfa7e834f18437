package socket

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
	"chatter/wsd/internal/live"

	"github.com/coder/websocket"
)

const (
	// A guest who is refused for saying too much is told when to go on. One
	// who is refused so many times in a row does not listen.
	maxOverruns = 100
	// When a message could not be stored, the guest's page tries again so
	// much later.
	unavailableRetry = 2 * time.Second
)

// socket is one guest's connection. Its fields belong to its reader, but for unstored,
// which is safe for concurrent use.
type socket struct {
	server  *Server
	conn    *conn
	ws      *websocket.Conn
	member  *live.Member
	session string
	room    name.Room // zero on the index
	classic bool

	deep     bool // the reader's stack has grown
	overruns int
	unstored window
}

// buffers hold a frame while it is handled, so that an idle socket holds none.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// read handles what the peer says until the socket ends.
func (s *socket) read() {
	for {
		if !s.conn.await() {
			if s.deep { // a stack does not shrink; a new goroutine has a small one
				s.deep = false
				go s.read()
				return
			}
			continue
		}
		s.deep = true
		typ, frame, err := s.ws.Reader(context.Background())
		if err == nil {
			err = s.take(typ, frame)
		}
		if err != nil {
			s.server.closed(err)
			s.end()
			return
		}
	}
}

func (s *socket) end() {
	_ = s.ws.CloseNow()
	s.server.Hub.Leave(s.member)
	s.server.open.Add(-1)
}

// take reads one frame to its end and acts on it.
func (s *socket) take(typ websocket.MessageType, r io.Reader) error {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	frame, err := readAll((*buf)[:0], r)
	*buf = frame
	if err != nil {
		return err
	}
	if s.member.Closing() {
		return nil // what is said after the close frame was sent comes again
	}
	if typ != websocket.MessageText {
		s.refuse(wire.Refusal{Code: wire.CodeBadFrame, Detail: "want a text frame"})
		return nil
	}
	s.say(frame)
	return nil
}

// say handles a client's text frame.
func (s *socket) say(frame []byte) {
	said, refusal := s.parse(frame)
	if refusal == nil && s.room.IsZero() {
		refusal = &wire.Refusal{Nonce: said.Nonce, Code: wire.CodeBadFrame, Detail: "nothing can be said on the index"}
	}
	if ok, wait := s.server.Limiter.Allow(s.session, time.Now()); !ok {
		s.overrun(said.Nonce, refusal, wait)
		return
	}
	s.overruns = 0
	if refusal != nil {
		s.refuse(*refusal)
		return
	}
	s.unstored.enter()
	if !s.server.begin() {
		s.unstored.done()
		return
	}
	s.server.Log.Append(s.room, said.Nonce, said.Text, func(id wire.ID, err error) {
		s.stored(said.Nonce, id, err)
		s.server.pending.Add(-1)
		s.unstored.done()
	})
}

func (s *socket) parse(frame []byte) (wire.Say, *wire.Refusal) {
	if !s.classic {
		return wire.ParseSay(frame)
	}
	// The classic client knows no nonces. One of our own makes the append
	// safe to retry on this side.
	text, refusal := wire.ParseClassicSay(frame)
	return wire.Say{Text: text, Nonce: wire.NewNonce()}, refusal
}

// overrun refuses a message because there were too many, and closes a socket
// that does not heed it. A message that is refused anyway counts the same.
func (s *socket) overrun(nonce wire.Nonce, refusal *wire.Refusal, wait time.Duration) {
	if refusal != nil {
		nonce = refusal.Nonce
	}
	if s.overruns++; s.overruns > maxOverruns {
		s.member.Close(wire.CloseFlooding, "")
		return
	}
	s.refuse(wire.Refusal{
		Nonce: nonce, Code: wire.CodeRateLimited,
		Detail: "too many messages at once", RetryAfter: wait,
	})
}

// stored tells the sender what became of a message.
func (s *socket) stored(nonce wire.Nonce, id wire.ID, err error) {
	switch {
	case err != nil:
		s.server.counts.Unavailable.Add(1)
		s.server.logUnavailable(err)
		s.refuse(wire.Refusal{
			Nonce: nonce, Code: wire.CodeUnavailable,
			Detail: "the message could not be stored", RetryAfter: unavailableRetry,
		})
	default:
		s.server.counts.Stored.Add(1)
		if !s.classic {
			s.member.Send(wire.AppendAck(nil, nonce, id))
		}
	}
}

func (s *socket) refuse(r wire.Refusal) {
	if r.Code != wire.CodeEmpty { // a page that asks whether its socket lives
		s.server.counts.Refused.Add(1)
	}
	if !s.classic {
		s.member.Send(wire.AppendRefused(nil, r))
	}
}

func readAll(dst []byte, r io.Reader) ([]byte, error) {
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if errors.Is(err, io.EOF) {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
}
