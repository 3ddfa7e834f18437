package simulation

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
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
	writes []write
	total  int // bytes written
	gone   bool
}

// write is when the bytes up to an offset were written.
type write struct {
	end int
	at  time.Time
}

// received is a frame's payload, and when its last byte was written.
type received struct {
	payload []byte
	at      time.Time
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
	s.total += n
	s.writes = append(s.writes, write{s.total, time.Now()})
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
func (s *socket) take() (frames []received, open bool) {
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
		for end := s.total - len(s.bytes) + header + n; s.writes[0].end < end; {
			s.writes = s.writes[1:]
		}
		if s.bytes[0] == 0x88 {
			s.gone = true
		} else if s.bytes[0] == 0x81 {
			frames = append(frames, received{append([]byte(nil), s.bytes[header:header+n]...), s.writes[0].at})
		}
		s.bytes = s.bytes[header+n:]
	}
	s.cond.Broadcast()
	return frames, !s.gone
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
	away   bool // it does not come back yet

	outbox   []said
	inFlight bool
	retryAt  time.Time

	cursor wire.ID
	seen   []wire.Entry
	seenAt []time.Time // when each was written to the socket
	caught []checkpoint
	gaps   int
	gapped []wire.ID          // the cursors before gaps that were not checked yet
	acked  map[string]wire.ID // by text
	gone   map[wire.ID]bool   // it was told that they were removed
	count  int
}

// checkpoint is when the guest had been sent all that followed what it had seen.
type checkpoint struct {
	seen int
	at   time.Time
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
	frames, open := g.socket.take()
	for _, f := range frames {
		e, err := wire.ParseEvent(f.payload)
		if err != nil {
			panic(err)
		}
		g.event(e, f.at)
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

func (g *guest) forget() {
	g.seen, g.seenAt, g.caught, g.cursor = nil, nil, nil, wire.ID{}
}

// remove takes a message away from the page.
func (g *guest) remove(i int) {
	g.seen, g.seenAt = slices.Delete(g.seen, i, i+1), slices.Delete(g.seenAt, i, i+1)
	for k, c := range g.caught {
		if c.seen > i {
			g.caught[k].seen--
		}
	}
}

func (g *guest) event(e wire.Event, at time.Time) {
	switch e.Event {
	case wire.EventMessage:
		if len(g.seen) > 0 && e.ID.Compare(g.seen[len(g.seen)-1].ID) <= 0 {
			panic(fmt.Sprintf("%s got %v after %v", g.name, e.ID, g.seen[len(g.seen)-1].ID))
		}
		// A socket that takes little at a time gets what was not expired when it was due.
		if g.socket.window == wideWindow && expired(e.ID, at, g.proc.retention) {
			panic(fmt.Sprintf("%s got %v, which was %v old", g.name, e.ID, at.Sub(e.ID.Time())))
		}
		if g.socket.window == wideWindow && g.proc.hasObeyed(e.ID, at) {
			panic(fmt.Sprintf("%s got %v, which was removed", g.name, e.ID))
		}
		if g.cursor = e.ID; g.gone[e.ID] { // this process has not obeyed yet
			break
		}
		g.seen, g.seenAt = append(g.seen, wire.Entry{ID: e.ID, Text: e.Message}), append(g.seenAt, at)
	case wire.EventRemoved:
		g.gone[e.ID] = true
		if i := slices.IndexFunc(g.seen, func(old wire.Entry) bool { return old.ID == e.ID }); i >= 0 {
			g.remove(i)
		}
	case wire.EventGap:
		g.gaps++
		g.gapped = append(g.gapped, g.cursor)
		g.forget()
	case wire.EventLive:
		if e.Cursor.Compare(g.cursor) < 0 {
			panic(fmt.Sprintf("%s is live at %v and was at %v", g.name, e.Cursor, g.cursor))
		}
		g.live, g.cursor = true, e.Cursor
		g.caught = append(g.caught, checkpoint{len(g.seen), at})
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
	number    int
	retention time.Duration
	log       *roomlog.Log
	follower  *follow.Follower
	hub       *live.Hub
	close     func()
	alive     bool
	missed    bool // an order

	mu     sync.Mutex
	obeyed map[wire.ID]time.Time // when it obeyed a removal
}

// obey is what wsd does with an order.
func (p *process) obey(room name.Room, removed []wire.Removal) {
	p.hub.Removed(room.Key(), removed)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range removed {
		if _, again := p.obeyed[r.ID]; !again {
			p.obeyed[r.ID] = time.Now()
		}
	}
}

// hasObeyed reports whether the process had obeyed the removal of a message before a time.
func (p *process) hasObeyed(id wire.ID, at time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	obeyed, ok := p.obeyed[id]
	return ok && at.After(obeyed)
}

type source struct{ *follow.Follower }

// endless are sessions that do not end.
type endless struct{}

func (endless) Known() bool       { return true }
func (endless) Ended(string) bool { return false }

// say is what package socket does with a guest's frame.
func (p *process) say(m *live.Member, room name.Room, s said) {
	text, err := wire.ParseText(s.text)
	if err != nil {
		panic(err)
	}
	p.log.Submit(room, s.nonce, text, func(stored wire.Stored, err error) {
		if err != nil {
			m.Send(wire.AppendRefused(nil, wire.Refusal{Nonce: s.nonce, Code: wire.CodeUnavailable, RetryAfter: time.Second}))
			return
		}
		m.Send(wire.AppendAck(nil, s.nonce, stored.ID))
	}, nil)
}
