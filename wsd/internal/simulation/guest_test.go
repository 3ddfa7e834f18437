package simulation

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
	"chatter/wsd/internal/follow"
	"chatter/wsd/internal/live"
)

// socket is a connection between a guest and a wsd, in memory. It takes window
// bytes until the guest reads.
type socket struct {
	mu     sync.Mutex
	cond   sync.Cond
	window int
	bytes  []byte
	gone   bool
}

var errGone = errors.New("connection is gone")

func (s *socket) TryWrite(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return 0, errGone
	}
	n := min(len(p), s.window-len(s.bytes))
	s.bytes = append(s.bytes, p[:n]...)
	return n, nil
}

func (s *socket) Write(p []byte) error {
	for len(p) > 0 {
		n, err := s.TryWrite(p)
		if err != nil {
			return err
		}
		if p = p[n:]; len(p) > 0 {
			s.mu.Lock()
			for !s.gone && len(s.bytes) >= s.window {
				s.cond.Wait()
			}
			s.mu.Unlock()
		}
	}
	return nil
}

func (s *socket) Linger() {}

func (s *socket) Abort() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
	s.cond.Broadcast()
}

// take reads the whole frames that are here. It reports false at the end.
func (s *socket) take() (payloads [][]byte, open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.bytes) >= 2 {
		header, n := 2, int(s.bytes[1])
		if n == 126 {
			if len(s.bytes) < 4 {
				break
			}
			header, n = 4, int(binary.BigEndian.Uint16(s.bytes[2:]))
		}
		if len(s.bytes) < header+n {
			break
		}
		if s.bytes[0] == 0x88 {
			s.gone = true
		} else if s.bytes[0] == 0x81 {
			payloads = append(payloads, append([]byte(nil), s.bytes[header:header+n]...))
		}
		s.bytes = s.bytes[header+n:]
	}
	s.cond.Broadcast()
	return payloads, !s.gone
}

// said is a message in the outbox.
type said struct {
	nonce wire.Nonce
	text  string
}

// guest is the page's client: an outbox with one message in flight, a cursor,
// and what it has seen since the last gap.
type guest struct {
	name   string
	proc   *process
	socket *socket
	member *live.Member
	live   bool

	outbox   []said
	inFlight bool
	retryAt  time.Time

	cursor wire.ID
	seen   []wire.Entry
	gaps   int
	breaks int                // gaps of them that were told while the guest was live
	acked  map[string]wire.ID // by text
	count  int
}

func (g *guest) say() {
	g.count++
	g.outbox = append(g.outbox, said{wire.NewNonce(), fmt.Sprint(g.name, " ", g.count)})
}

// connect opens a socket at p and asks for what the cursor lacks.
func (g *guest) connect(p *process, room name.Room, window int) {
	g.proc = p
	g.socket = &socket{window: window}
	g.socket.cond.L = &g.socket.mu
	g.live, g.inFlight = false, false
	g.member = live.NewMember(g.socket, live.Events, time.Now())
	since := live.Newest()
	if !g.cursor.IsZero() {
		since = live.After(g.cursor)
	}
	p.hub.Join(room, g.member, since)
}

// disconnect loses the socket, with whatever is still in it.
func (g *guest) disconnect() {
	if g.socket == nil {
		return
	}
	g.socket.Abort()
	g.proc.hub.Leave(g.member)
	g.socket, g.member, g.live, g.inFlight = nil, nil, false, false
}

// pump reads what has come and sends the next message of the outbox. It
// reports false when there is no connection.
func (g *guest) pump(room name.Room) bool {
	if g.socket == nil {
		return false
	}
	payloads, open := g.socket.take()
	for _, payload := range payloads {
		e, err := wire.ParseEvent(payload)
		if err != nil {
			panic(err)
		}
		g.event(e)
	}
	if !open || !g.proc.alive {
		g.disconnect()
		return false
	}
	if g.live && !g.inFlight && len(g.outbox) > 0 && !time.Now().Before(g.retryAt) {
		g.inFlight = true
		g.proc.say(g.member, room, g.outbox[0])
	}
	return true
}

func (g *guest) event(e wire.Event) {
	switch e.Event {
	case wire.EventMessage:
		if len(g.seen) > 0 && e.ID.Compare(g.seen[len(g.seen)-1].ID) <= 0 {
			panic(fmt.Sprintf("%s got %v after %v", g.name, e.ID, g.seen[len(g.seen)-1].ID))
		}
		g.seen = append(g.seen, wire.Entry{ID: e.ID, Text: e.Message})
		g.cursor = e.ID
	case wire.EventGap:
		g.gaps++
		if g.live {
			g.breaks++
		}
		g.seen, g.cursor = nil, wire.ID{}
	case wire.EventLive:
		g.live = true
	case wire.EventAck:
		if len(g.outbox) > 0 && g.outbox[0].nonce == e.Nonce {
			g.acked[g.outbox[0].text] = e.ID
			g.outbox, g.inFlight = g.outbox[1:], false
		}
	case wire.EventRefused:
		if len(g.outbox) > 0 && g.outbox[0].nonce == e.Nonce {
			g.inFlight, g.retryAt = false, time.Now().Add(time.Second)
		}
	}
}

// process is a wsd without its sockets' wire: the log, its follower, the hub.
type process struct {
	number   int
	log      *roomlog.Log
	follower *follow.Follower
	hub      *live.Hub
	close    func()
	alive    bool
}

type source struct{ *follow.Follower }

// say is what package socket does with a guest's frame.
func (p *process) say(m *live.Member, room name.Room, s said) {
	text, err := wire.ParseText(s.text)
	if err != nil {
		panic(err)
	}
	p.log.AppendAsync(room, s.nonce, text, func(stored roomlog.Stored, err error) {
		if err != nil {
			m.Send(wire.AppendRefused(nil, wire.Refusal{Nonce: s.nonce, Code: wire.CodeUnavailable, RetryAfter: time.Second}))
			return
		}
		m.Send(wire.AppendAck(nil, s.nonce, stored.ID))
	})
}
