package socket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chatter/shared/capacity"
	"chatter/shared/limits"
	"chatter/shared/name"
	"chatter/shared/session"
	"chatter/shared/wire"
	"chatter/wsd/internal/live"

	"github.com/coder/websocket"
)

var errAway = errors.New("log is away")

// memory is a log in memory that delivers at once.
type memory struct {
	hub *live.Hub

	mu      sync.Mutex
	entries map[name.Room][]wire.Entry
	nonces  map[wire.Nonce]wire.ID
	away    bool
	full    bool
	held    chan struct{} // while open, nothing is stored
	ms      uint64
}

func (l *memory) Watch(n name.Room) {
	go func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.hub.Reset(n, l.entries[n], nil, true)
	}()
}

func (l *memory) Unwatch(name.Room) {}

func (l *memory) Refresh(n name.Room) { go l.hub.Refreshed(n) }

func (l *memory) After(_ context.Context, n name.Room, id wire.ID, most int) ([]wire.Entry, bool, error) {
	return nil, true, nil
}

func (l *memory) Last(_ context.Context, n name.Room, most int) ([]wire.Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entries[n][max(0, len(l.entries[n])-most):], nil
}

func (l *memory) Submit(n name.Room, nonce wire.Nonce, text wire.Text, done func(wire.Stored, error), send func()) {
	l.mu.Lock()
	held := l.held
	l.mu.Unlock()
	if held == nil {
		done(l.store(n, nonce, text))
		send()
		return
	}
	go func() {
		<-held
		done(l.store(n, nonce, text))
		send()
	}()
}

func (l *memory) store(n name.Room, nonce wire.Nonce, text wire.Text) (wire.Stored, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away {
		return wire.Stored{}, errAway
	}
	if l.full {
		return wire.Stored{}, capacity.Full{Step: capacity.NoNewRooms}
	}
	if id, ok := l.nonces[nonce]; ok {
		return wire.Stored{ID: id, Known: true}, nil
	}
	l.ms++
	e := wire.Entry{ID: wire.ID{Ms: l.ms}, Text: text.String()}
	l.nonces[nonce] = e.ID
	l.entries[n] = append(l.entries[n], e)
	l.hub.Deliver(n, []wire.Entry{e})
	l.hub.Flush(n)
	return wire.Stored{ID: e.ID}, nil
}

// fakeMutes are Mutes that the test sets.
type fakeMutes struct {
	mu     sync.Mutex
	unread bool
	muted  map[session.Author]time.Duration
	stored []wire.ID
}

func (f *fakeMutes) Known() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.unread
}

func (f *fakeMutes) Muted(author session.Author) (time.Duration, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	left, muted := f.muted[author]
	return left, muted
}

func (f *fakeMutes) Stored(author session.Author, _ name.Room, id wire.ID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stored = append(f.stored, id)
}

type fixture struct {
	t      testing.TB
	log    *memory
	hub    *live.Hub
	server *Server
	http   *httptest.Server
	keys   *session.Keys
	ended  atomic.Bool // all sessions
}

func newFixture(t testing.TB, change ...func(*Options)) *fixture {
	keys, err := session.ParseKeys([]byte("a key for the tests of the sockets\n"))
	if err != nil {
		t.Fatal(err)
	}
	spread := func(int) time.Duration { return 1234 * time.Millisecond }
	l := &memory{entries: make(map[name.Room][]wire.Entry), nonces: make(map[wire.Nonce]wire.ID)}
	f := &fixture{t: t, log: l, keys: keys}
	l.hub = live.NewHub(live.Options{
		Source: l, History: l, Sessions: f, Retention: 24 * time.Hour, Now: func() time.Time { return time.UnixMilli(0) },
		PingInterval: time.Minute, PingTimeout: time.Minute, Spread: spread,
	})
	t.Cleanup(l.hub.Close)
	o := Options{
		Hub: l.hub, Index: l.hub.NewFeed(), Log: l, Sessions: keys, Mutes: new(fakeMutes),
		Visit: func(name.User, limits.Class) {}, Used: func(name.Room, limits.Class) {}, Acked: func(time.Duration) {},
		Classes: limits.NewClasses(nil), Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		MaxSockets: 1000, Spread: spread,
	}
	for _, f := range change {
		f(&o)
	}
	f.hub = l.hub
	if f.server, err = NewServer(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.server.Close)
	f.http = httptest.NewServer(f.server)
	t.Cleanup(f.http.Close)
	return f
}

// header is what a browser of a signed-in guest sends.
func (f *fixture) header() http.Header {
	return http.Header{"Cookie": {f.pair(f.site("http"))}, "Origin": {f.http.URL}}
}

// client is a WebSocket client with what it has got.
type client struct {
	t  testing.TB
	ws *websocket.Conn
}

// dial opens a socket as the room page does.
func (f *fixture) dial(path string) *client {
	f.t.Helper()
	return f.dialAs(path, f.header(), wire.Subprotocol)
}

func (f *fixture) dialAs(path string, header http.Header, protocols ...string) *client {
	f.t.Helper()
	ws, _, err := websocket.Dial(f.t.Context(), f.http.URL+path, &websocket.DialOptions{HTTPHeader: header, Subprotocols: protocols})
	if err != nil {
		f.t.Fatal(err)
	}
	ws.SetReadLimit(1 << 20)
	f.t.Cleanup(func() { _ = ws.CloseNow() })
	return &client{f.t, ws}
}

func (c *client) send(frame string) {
	c.t.Helper()
	if err := c.ws.Write(c.t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) say(text string) wire.Nonce {
	c.t.Helper()
	nonce := wire.NewNonce()
	c.send(`{"command":"new_message","message":"` + text + `","nonce":"` + string(nonce) + `"}`)
	return nonce
}

// next is the next event; it fails the test when the socket is closed.
func (c *client) next() wire.Event {
	c.t.Helper()
	e, err := c.read()
	if err != nil {
		c.t.Fatal(err)
	}
	return e
}

func (c *client) read() (wire.Event, error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), hangLimit)
	defer cancel()
	_, frame, err := c.ws.Read(ctx)
	if err != nil {
		return wire.Event{}, err
	}
	e, err := wire.ParseEvent(frame)
	if err != nil {
		return wire.Event{}, fmt.Errorf("frame %q: %w", frame, err)
	}
	return e, nil
}

// until reads on to the event of that kind.
func (c *client) until(event string) wire.Event {
	c.t.Helper()
	var instead []string
	for {
		e, err := c.read()
		if err != nil {
			c.t.Fatalf("waited for %s; instead came %q, then %v", event, instead, err)
		}
		if e.Event == event {
			return e
		}
		instead = append(instead, e.Event)
	}
}

// messages reads n messages and returns their texts.
func (c *client) messages(n int) (texts []string) {
	c.t.Helper()
	for len(texts) < n {
		texts = append(texts, c.until("message").Message)
	}
	return texts
}

// closed reads on to the close frame.
func (c *client) closed() (wire.CloseCode, string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), hangLimit)
	defer cancel()
	for {
		if _, _, err := c.ws.Read(ctx); err != nil {
			var ce websocket.CloseError
			if !errors.As(err, &ce) {
				c.t.Fatalf("no close frame: %v", err)
			}
			return wire.CloseCode(ce.Code), ce.Reason
		}
	}
}

func (f *fixture) said(room string) (texts []string) {
	n, err := name.ParseRoom(room)
	if err != nil {
		f.t.Fatal(err)
	}
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	for _, e := range slices.Clone(f.log.entries[n]) {
		texts = append(texts, e.Text)
	}
	return texts
}
