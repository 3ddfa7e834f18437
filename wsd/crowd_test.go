package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chatter/shared/wire"

	"github.com/coder/websocket"
)

// hangLimit is after how long a test says that something hangs.
const hangLimit = 2 * time.Minute

// crowd are members and speakers of rooms, at one wsd or several, until the
// end of the test.
type crowd struct {
	t        *testing.T
	ctx      context.Context
	leave    context.CancelFunc
	hush     chan struct{} // closed: nothing new is said
	pace     time.Duration // between what one speaker says
	here     sync.WaitGroup
	talking  sync.WaitGroup
	members  []*member
	speakers []*speaker
}

func newCrowd(t *testing.T) *crowd {
	ctx, leave := context.WithCancel(t.Context())
	c := &crowd{t: t, ctx: ctx, leave: leave, hush: make(chan struct{}), pace: 5 * time.Millisecond}
	t.Cleanup(func() { leave(); c.here.Wait() })
	return c
}

// quiet ends what is being said and waits until all of it is stored.
func (c *crowd) quiet() {
	c.t.Helper()
	close(c.hush)
	done := make(chan struct{})
	go func() { c.talking.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(2 * hangLimit):
		for _, p := range c.speakers {
			p.mu.Lock()
			c.t.Logf("%s in room %s: %d acked, %d times refused", p.name, p.room, len(p.acked), p.refused)
			p.mu.Unlock()
		}
		c.t.Fatalf("not all that was said is acked after %v", 2*hangLimit)
	}
}

// socket is dial that tells an error instead of ending the test, and waits a
// moment first when it has failed before.
func (c *crowd) socket(s *service, path string) *websocket.Conn {
	for c.ctx.Err() == nil {
		ws, err := s.tryDial(c.ctx, path)
		if err == nil {
			return ws
		}
		c.pause(50 * time.Millisecond)
	}
	return nil
}

// manyMessages of each of three speakers are less than a log keeps, about a thousand.
const manyMessages = 250

// paceAfter is how long a speaker pauses after its nth message. However long the test
// takes, the log is not trimmed.
func (c *crowd) paceAfter(n int) time.Duration {
	if n < manyMessages {
		return c.pace
	}
	return time.Second
}

func (c *crowd) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.ctx.Done():
	}
}

// member is somebody who listens, and resumes when the socket is cut.
type member struct {
	crowd *crowd
	room  string
	from  wire.ID // with what cursor it came

	mu      sync.Mutex
	since   wire.ID
	entries []wire.Entry // since the beginning or the last gap
	gaps    int
	live    bool
	wrong   []string
	changed chan struct{} // closed and replaced at each event
	ws      *websocket.Conn
}

func (c *crowd) join(s *service, room string) *member {
	return c.resume(s, room, wire.ID{})
}

// resume joins with a cursor.
func (c *crowd) resume(s *service, room string, since wire.ID) *member {
	m := &member{crowd: c, room: room, from: since, since: since, changed: make(chan struct{})}
	c.members = append(c.members, m)
	c.here.Go(func() {
		for c.ctx.Err() == nil {
			m.mu.Lock()
			since := m.since
			m.mu.Unlock()
			path := "/ws/chat/" + room + "/?since="
			if since.IsZero() {
				path += "0"
			} else {
				path += since.String()
			}
			if ws := c.socket(s, path); ws != nil {
				m.listen(ws)
			}
		}
	})
	return m
}

func (m *member) listen(ws *websocket.Conn) {
	defer ws.CloseNow()
	m.note(func() { m.ws = ws })
	for {
		_, frame, err := ws.Read(m.crowd.ctx)
		if err != nil {
			m.note(func() { m.live = false })
			return
		}
		e, err := wire.ParseEvent(frame)
		if err != nil {
			m.note(func() { m.wrong = append(m.wrong, err.Error()) })
			return
		}
		m.note(func() { m.take(e) })
	}
}

func (m *member) take(e wire.Event) {
	switch e.Event {
	case wire.EventMessage:
		if e.ID.Compare(m.since) <= 0 {
			m.wrong = append(m.wrong, fmt.Sprintf("%v (%s) came after %v", e.ID, e.Message, m.since))
		}
		m.entries = append(m.entries, wire.Entry{ID: e.ID, Text: e.Message})
		m.since = e.ID
	case wire.EventGap:
		m.gaps++
		m.entries, m.since = nil, wire.ID{}
	case wire.EventLive:
		m.live, m.since = true, e.Cursor
	}
}

func (m *member) note(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
	close(m.changed)
	m.changed = make(chan struct{})
}

// cut ends the socket of now, as a lost network does.
func (m *member) cut() {
	m.mu.Lock()
	defer m.mu.Unlock()
	_ = m.ws.CloseNow()
}

// until waits until cond holds, under the member's lock.
func (m *member) until(what string, cond func() bool) {
	m.crowd.t.Helper()
	limit := time.NewTimer(hangLimit)
	defer limit.Stop()
	for {
		m.mu.Lock()
		ok, changed := cond(), m.changed
		m.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-limit.C:
			m.mu.Lock()
			defer m.mu.Unlock()
			m.crowd.t.Fatalf("room %s: waited %v until %s; instead: %d entries, %d gaps, live %v", m.room, hangLimit, what, len(m.entries), m.gaps, m.live)
		}
	}
}

func (m *member) untilLive() {
	m.crowd.t.Helper()
	m.until("it is live", func() bool { return m.live })
}

func (m *member) untilHears(text string) {
	m.crowd.t.Helper()
	m.until("it hears "+text, func() bool {
		return slices.ContainsFunc(m.entries, func(e wire.Entry) bool { return e.Text == text })
	})
}

// speaker says one numbered message after the other, each until it is acked.
type speaker struct {
	name, room string
	mu         sync.Mutex
	acked      []wire.Entry
	refused    int
	progress   chan struct{} // closed and replaced at each ack
}

func (c *crowd) speak(s *service, room, name string) *speaker {
	p := &speaker{name: name, room: room, progress: make(chan struct{})}
	c.speakers = append(c.speakers, p)
	begin := func(f func()) { c.here.Add(1); c.talking.Add(1); go f() }
	begin(func() {
		defer c.here.Done()
		defer c.talking.Done()
		for n, over := 1, false; !over && c.ctx.Err() == nil; {
			if ws := c.socket(s, "/ws/chat/"+room+"/?since=0"); ws != nil {
				n, over = p.session(c, ws, n)
				_ = ws.CloseNow()
			}
		}
	})
	return p
}

// session says messages from the nth on until the socket ends, and returns
// which is the next. It is over when the crowd is to be quiet.
func (p *speaker) session(c *crowd, ws *websocket.Conn, n int) (next int, over bool) {
	for {
		select {
		case <-c.hush:
			return n, true
		default:
		}
		text := p.text(n)
		id, err := p.once(c, ws, text)
		if err != nil {
			return n, false
		}
		if !id.IsZero() {
			p.mu.Lock()
			p.acked = append(p.acked, wire.Entry{ID: id, Text: text})
			close(p.progress)
			p.progress = make(chan struct{})
			p.mu.Unlock()
			n++
			c.pause(c.paceAfter(n))
		} else {
			p.mu.Lock()
			p.refused++
			p.mu.Unlock()
			c.pause(100 * time.Millisecond)
		}
	}
}

func (p *speaker) text(n int) string { return fmt.Sprintf("%s-%d", p.name, n) }

// once sends a message, whose nonce is always the same, and waits for the
// answer: the ID, or zero when it was refused.
func (p *speaker) once(c *crowd, ws *websocket.Conn, text string) (wire.ID, error) {
	nonce := wire.Nonce(text + strings.Repeat("_", 40-len(text)))
	frame := `{"command":"new_message","message":"` + text + `","nonce":"` + string(nonce) + `"}`
	if err := ws.Write(c.ctx, websocket.MessageText, []byte(frame)); err != nil {
		return wire.ID{}, err
	}
	for {
		_, answer, err := ws.Read(c.ctx)
		if err != nil {
			return wire.ID{}, err
		}
		e, err := wire.ParseEvent(answer)
		if err != nil {
			return wire.ID{}, err
		}
		switch {
		case e.Event == wire.EventAck && e.Nonce == nonce:
			return e.ID, nil
		case e.Event == wire.EventRefused && e.Nonce == nonce:
			if e.Code != wire.CodeUnavailable {
				c.t.Errorf("%s: %+v", text, e)
			}
			return wire.ID{}, nil
		}
	}
}

// says waits until n more messages are acked.
func (p *speaker) says(t *testing.T, n int) {
	t.Helper()
	p.mu.Lock()
	goal := len(p.acked) + n
	p.mu.Unlock()
	limit := time.NewTimer(hangLimit)
	defer limit.Stop()
	for {
		p.mu.Lock()
		have, progress := len(p.acked), p.progress
		p.mu.Unlock()
		if have >= goal {
			return
		}
		select {
		case <-progress:
		case <-limit.C:
			t.Fatalf("%s: %d acked after %v, want %d", p.name, have, hangLimit, goal)
		}
	}
}
