// Package guest is a guest of Chatter without a browser. It keeps the rules of the room
// page (connection.js, outbox.js and timeline.js in httpd): one message in flight, the
// same nonce until it is acked, back-off with chance in it, resumption from the last
// message it has. What runs many guests against the whole, a storm or a benchmark,
// differs from real ones in nothing that a server could tell.
//
// It knows the site by its address and the wire; it must not know what runs behind.
package guest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"

	"github.com/coder/websocket"
)

// Options say who the guest is and where it goes.
type Options struct {
	URL    string       // of the site, such as http://127.0.0.1:8080/
	Room   name.Room    // that it is in
	Cookie *http.Cookie // of SignIn
	Since  wire.ID      // the last message that the guest has; zero for none
	Kept   []Entry      // what the page before it had not got through
	Hooks  Hooks        // what it tells

	// AnswerWithin is how long the server may take to answer a message before the guest
	// gives its socket up; 0 = as long as the page waits.
	AnswerWithin time.Duration
	// Dial opens its connections; nil for a net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Random is in [0,1), for the back-off; nil for math/rand.
	Random func() float64
}

// Guest is one guest in one room. Its methods may be called from several goroutines, but
// not from its hooks.
type Guest struct {
	hooks   Hooks
	address url.URL
	dial    websocket.DialOptions

	mu       sync.Mutex
	state    State
	socket   *websocket.Conn    // nil while there is none
	giveUp   context.CancelFunc // ends the attempt or socket of now
	reopened bool               // giveUp was called to try again at once
	watchdog *time.Timer        // while connecting
	due      *time.Timer        // what the outbox waits for
	liveAt   time.Time          // zero while not live
	backoff  backoff
	outbox   outbox
	timeline timeline
}

// New returns a guest that does nothing before Run.
func New(o Options) (*Guest, error) {
	address, err := url.Parse(o.URL)
	if err != nil {
		return nil, fmt.Errorf("new guest: %w", err)
	}
	header := http.Header{"Origin": {address.Scheme + "://" + address.Host}}
	if o.Cookie != nil {
		header.Set("Cookie", o.Cookie.Name+"="+o.Cookie.Value)
	}
	address.Scheme = map[string]string{"http": "ws", "https": "wss"}[address.Scheme]
	address.Path = "/ws/chat/" + o.Room.String() + "/"
	address.RawPath = "/ws" + o.Room.Path()
	if o.Random == nil {
		o.Random = rand.Float64
	}
	g := &Guest{
		hooks:   o.Hooks,
		address: *address,
		dial: websocket.DialOptions{
			// A connection of its own for every attempt, as a browser makes them.
			HTTPClient:   &http.Client{Transport: &http.Transport{DialContext: o.Dial, DisableKeepAlives: true}},
			HTTPHeader:   header,
			Subprotocols: []string{wire.Subprotocol},
		},
		backoff:  backoff{random: o.Random},
		outbox:   keep(o.Kept),
		timeline: timeline{cursor: o.Since},
	}
	g.outbox.within = o.AnswerWithin
	return g, nil
}

// Run keeps one socket to the room until ctx ends, which is no error, or the server says
// that there is nothing to come back for. Ended with the cause Goodbye, it tells the
// server. A Guest runs once.
func (g *Guest) Run(ctx context.Context) error {
	g.mu.Lock()
	g.backoff.begin(time.Now())
	g.mu.Unlock()
	for {
		err := g.attempt(ctx)
		if ctx.Err() != nil {
			g.rest(Paused)
			return nil
		}
		delay, over := g.afterwards(err)
		if over {
			return err
		}
		if !pause(ctx, delay) {
			g.rest(Paused)
			return nil
		}
	}
}

// Say puts text into the outbox and returns its nonce. It is sent when its turn comes.
func (g *Guest) Say(text string) wire.Nonce {
	g.mu.Lock()
	defer g.mu.Unlock()
	nonce := g.outbox.say(text, time.Now())
	g.pumpLocked()
	return nonce
}

// Unsent is how many messages wait to be sent or acked. Those that were refused for
// good do not count.
func (g *Guest) Unsent() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.outbox.waiting()
}

// Kept is what has not got through: what a page that is reloaded hands on to itself.
func (g *Guest) Kept() []Entry {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.outbox.kept()
}

// State is how its socket is.
func (g *Guest) State() State {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.state
}

// Since is the last message that the guest has, from where it would resume.
func (g *Guest) Since() wire.ID {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.timeline.cursor
}

// pause reports whether d has passed before ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
