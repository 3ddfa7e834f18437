package live

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
)

// fakeLog is the log of every room, and follows it as package follow would: what is
// appended is delivered unless held back.
type fakeLog struct {
	hub *Hub

	mu        sync.Mutex
	entries   map[name.Room][]wire.Entry
	watched   map[name.Room]int // how many entries have been delivered
	hold      bool              // deliver nothing until Refresh
	answer    chan struct{}     // what Refresh has read comes when this yields; nil: at once
	reads     int
	removed   map[wire.ID]bool
	removals  map[name.Room][]wire.Removal
	away      bool   // histories cannot be read
	meanwhile func() // called by After when it has read, once
	ms        uint64
}

const day = 24 * time.Hour

func newHub(t testing.TB) (*Hub, *fakeLog) { return newHubWith(t, 0) }

func newHubWith(t testing.TB, tailBytes int) (*Hub, *fakeLog) { return newHubIn(t, tailBytes, 0, 0) }

// newHubIn is a hub whose rooms hold at most so many bytes together, and for whose slow
// members so many wait.
func newHubIn(t testing.TB, tailBytes int, memory, waiting int64) (*Hub, *fakeLog) {
	l := &fakeLog{
		entries: make(map[name.Room][]wire.Entry), watched: make(map[name.Room]int),
		removed: make(map[wire.ID]bool), removals: make(map[name.Room][]wire.Removal),
	}
	h := NewHub(Options{
		Source: l, History: l, Sessions: new(fakeSessions), MaxTailBytes: tailBytes, MaxMemory: memory,
		Retention: day, Now: time.Now,
		PingInterval: 20 * time.Second, PingTimeout: 30 * time.Second,
		Spread: func(n int) time.Duration { return time.Duration(n) * time.Millisecond },
	})
	h.maxWaiting = cmp.Or(waiting, maxWaiting)
	l.hub = h
	t.Cleanup(h.Close)
	return h, l
}

// loaded is how many entries a room begins with.
const loaded = 60

func (l *fakeLog) Watch(n name.Room) {
	go func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		all := l.entries[n]
		l.watched[n] = len(all)
		l.hub.Reset(n, all[max(0, len(all)-loaded):], l.removals[n], len(all) <= loaded)
		l.hub.Flush(n)
	}()
}

func (l *fakeLog) Unwatch(n name.Room) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.watched, n)
}

func (l *fakeLog) Refresh(n name.Room) {
	go func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		read := len(l.entries[n])
		if l.answer != nil {
			l.mu.Unlock()
			<-l.answer
			l.mu.Lock()
		}
		l.deliverToLocked(n, read)
		l.hub.Refreshed(n)
	}()
}

func (l *fakeLog) After(_ context.Context, n name.Room, id wire.ID, most int) (entries []wire.Entry, gap bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
	if l.away {
		return nil, false, errAway
	}
	oldest := wire.FirstID(time.Now().Add(-day))
	gap = id.Compare(oldest) >= 0 && !l.removed[id]
	for _, e := range l.entries[n] {
		gap = gap && e.ID != id
		if e.ID.Compare(id) > 0 && e.ID.Compare(oldest) >= 0 && len(entries) < most {
			entries = append(entries, e)
		}
	}
	if f := l.meanwhile; f != nil {
		l.meanwhile = nil
		l.mu.Unlock()
		f()
		l.mu.Lock()
	}
	return entries, gap, nil
}

func (l *fakeLog) Last(_ context.Context, n name.Room, most int) ([]wire.Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
	fresh := l.entries[n]
	for len(fresh) > 0 && fresh[0].ID.Compare(wire.FirstID(time.Now().Add(-day))) < 0 {
		fresh = fresh[1:]
	}
	return fresh[max(0, len(fresh)-most):], nil
}

var errAway = errors.New("log is away")

func (l *fakeLog) fail(away bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away = away
}

func (l *fakeLog) append(n name.Room, texts ...string) (last wire.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, text := range texts {
		l.ms = max(l.ms+1, wire.FirstID(time.Now()).Ms)
		last = wire.ID{Ms: l.ms}
		l.entries[n] = append(l.entries[n], wire.Entry{ID: last, Text: text})
	}
	if !l.hold {
		l.deliverLocked(n)
	}
	return last
}

func (l *fakeLog) deliverLocked(n name.Room) { l.deliverToLocked(n, len(l.entries[n])) }

func (l *fakeLog) deliverToLocked(n name.Room, to int) {
	if from, ok := l.watched[n]; ok {
		l.watched[n] = to
		l.hub.Deliver(n, l.entries[n][from:to])
		l.hub.Flush(n)
	}
}

// rollback drops the newest entries, as a Redis that has gone back in time.
func (l *fakeLog) rollback(n name.Room, drop int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.entries[n]
	all = all[:len(all)-min(drop, len(all))]
	l.entries[n] = all
	if _, ok := l.watched[n]; ok {
		l.watched[n] = len(all)
		l.hub.Reset(n, all[max(0, len(all)-loaded):], l.removals[n], len(all) <= loaded)
		l.hub.Flush(n)
	}
}

// remove removes an entry, as the operator does, and tells the hub.
func (l *fakeLog) remove(n name.Room, id wire.ID) {
	l.mu.Lock()
	i := slices.IndexFunc(l.entries[n], func(e wire.Entry) bool { return e.ID == id })
	l.entries[n] = slices.Delete(slices.Clone(l.entries[n]), i, i+1)
	if to, ok := l.watched[n]; ok && i < to {
		l.watched[n]--
	}
	l.removed[id] = true
	removal := wire.Removal{ID: id, At: wire.FirstID(time.Now()).Ms}
	l.removals[n] = append(l.removals[n], removal)
	l.mu.Unlock()
	l.hub.Removed(n.Key(), []wire.Removal{removal})
}

var errBroken = errors.New("broken pipe")

// fakeConn keeps what is written. It takes window bytes at once and blocks
// beyond until read makes room; a negative window never blocks.
type fakeConn struct {
	mu       sync.Mutex
	cond     sync.Cond
	window   int
	unread   int
	bytes    []byte
	lingers  bool
	aborted  bool
	writing  bool
	writes   int
	largest  int // bytes that one write was given
	overlaps int
	known    []frame // of bytes[:parsed]
	parsed   int
}

func newConn(window int) *fakeConn {
	c := &fakeConn{window: window}
	c.cond.L = &c.mu
	return c
}

func (c *fakeConn) enter(p []byte) {
	c.largest = max(c.largest, len(p))
	if c.writing {
		c.overlaps++
	}
	c.writing = true
	c.writes++
}

func (c *fakeConn) TryWrite(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.enter(p)
	defer func() { c.writing = false }()
	if c.aborted {
		return 0, errBroken
	}
	return c.takeLocked(p), nil
}

func (c *fakeConn) takeLocked(p []byte) int {
	n := len(p)
	if c.window >= 0 {
		n = min(n, c.window-c.unread)
	}
	c.bytes = append(c.bytes, p[:n]...)
	c.unread += n
	return n
}

func (c *fakeConn) Write(p []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.enter(p)
	defer func() { c.writing = false }()
	for {
		if c.aborted {
			return errBroken
		}
		if p = p[c.takeLocked(p):]; len(p) == 0 {
			return nil
		}
		c.cond.Wait()
	}
}

// read makes room for n more bytes.
func (c *fakeConn) read(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unread -= min(n, c.unread)
	c.cond.Broadcast()
}

// open ends all blocking.
func (c *fakeConn) open() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.window = -1
	c.cond.Broadcast()
}

func (c *fakeConn) Linger() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lingers = true
}

func (c *fakeConn) Abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.aborted = true
	c.cond.Broadcast()
}

// frame is what a client sees.
type frame struct {
	op      byte
	payload []byte
}

// frames parses what was written; a tail that is no whole frame is rest.
func (c *fakeConn) frames(t testing.TB) (frames []frame, rest int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.overlaps > 0 {
		t.Errorf("%d writes overlapped", c.overlaps)
	}
	p := c.bytes[c.parsed:]
	for len(p) >= 2 {
		header, n := 2, int(p[1])
		if n == 127 {
			t.Fatalf("frame header % x", p[:2])
		}
		if n == 126 {
			if len(p) < 4 {
				break
			}
			header, n = 4, int(binary.BigEndian.Uint16(p[2:]))
		}
		if len(p) < header+n {
			break
		}
		c.known = append(c.known, frame{p[0], p[header : header+n]})
		p = p[header+n:]
		c.parsed += header + n
	}
	return c.known, len(p)
}

// events are the text frames, in short: a message's text, or =live, =gap,
// =ack and so on; a ping is =ping, a close =close CODE REASON.
func (c *fakeConn) events(t testing.TB) (events []string) {
	t.Helper()
	frames, _ := c.frames(t)
	for _, f := range frames {
		switch f.op {
		case opPing:
			events = append(events, "=ping")
		case opClose:
			events = append(events, closeEvent(f.payload))
		default:
			e, err := wire.ParseEvent(f.payload)
			if err != nil {
				t.Fatalf("frame %q: %v", f.payload, err)
			}
			switch e.Event {
			case wire.EventMessage:
				events = append(events, e.Message)
			case wire.EventRemoved:
				events = append(events, "=removed "+e.ID.String())
			default:
				events = append(events, "="+e.Event)
			}
		}
	}
	return events
}

func closeEvent(payload []byte) string {
	code := wire.CloseCode(binary.BigEndian.Uint16(payload))
	names := map[wire.CloseCode]string{wire.CloseTooSlow: "too slow", wire.CloseRestart: "restart", wire.CloseSignIn: "sign in", wire.CloseOverloaded: "overloaded"}
	return "=close " + names[code] + " " + string(payload[2:])
}

func roomNamed(t testing.TB, s string) name.Room {
	t.Helper()
	n, err := name.ParseRoom(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func join(h *Hub, n name.Room, since Since, window int) (*Member, *fakeConn) {
	c := newConn(window)
	m := NewMember(c, Events, time.Now())
	h.Join(n, m, since)
	return m, c
}

func numbers(from, to int) (texts []string) {
	for i := from; i <= to; i++ {
		texts = append(texts, fmt.Sprint(i))
	}
	return texts
}

func (r *room) deliver(entries []wire.Entry) { r.change(func(t *tail) { t.add(entries) }) }

// newRoomWithMember returns a hub with a room in which a member is until the test ends. It is
// called in a bubble of package synctest.
func newRoomWithMember(t *testing.T) (*Hub, *fakeLog, name.Room) {
	t.Helper()
	h, log := newHub(t)
	n := roomNamed(t, "room")
	here, _ := join(h, n, Newest(), -1)
	t.Cleanup(func() { h.Leave(here) })
	synctest.Wait()
	return h, log, n
}
