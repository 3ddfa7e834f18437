// Package guest is a guest of Chatter without a browser. It keeps the rules of the room
// page (connection.js and outbox.js in httpd): one message in flight, the same nonce until
// the message is acked, a random back-off, resumption from the last message that arrived.
// A server cannot tell it from a browser.
//
// It knows the address of the site and the wire protocol. It does not know which processes
// serve the site.
package guest

import (
	"cmp"
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

// Options identify a guest and its room.
type Options struct {
	URL    string       // of the site, such as http://127.0.0.1:8080/
	Room   name.Room    // where the guest talks
	Cookie *http.Cookie // of SignIn
	Since  wire.ID      // the last message that the guest has; zero for none
	Unsent []Entry      // of the page that the guest had open before
	Hooks  Hooks

	// AnswerWithin limits the time until the server answers a message. After it the guest
	// replaces its socket. 0 = as long as the page waits.
	AnswerWithin time.Duration
	// Dial opens connections; nil for a net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Random returns numbers in [0,1) for the back-off; nil for math/rand.
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
	giveUp   context.CancelFunc // ends the current attempt or socket
	reopened bool               // giveUp was called to try again at once
	watchdog *time.Timer        // while connecting
	due      *time.Timer        // until the outbox is due again
	liveAt   time.Time          // zero while not live
	backoff  backoff
	outbox   outbox
	cursor   wire.ID // the last message of the log that the guest has
	inGap    bool    // between a gap event and the next live event
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
			// Each attempt has a connection of its own, as in a browser.
			HTTPClient:   &http.Client{Transport: &http.Transport{DialContext: o.Dial, DisableKeepAlives: true}},
			HTTPHeader:   header,
			Subprotocols: []string{wire.Subprotocol},
		},
		backoff: backoff{random: o.Random},
		outbox:  outbox{within: cmp.Or(o.AnswerWithin, answerWithin)},
		cursor:  o.Since,
	}
	for _, e := range o.Unsent {
		g.outbox.entries = append(g.outbox.entries, &entry{Entry: e})
	}
	return g, nil
}

// Run keeps one socket to the room until ctx ends, which is no error, or until the server
// closes it for good. If the cause of ctx is ErrGoodbye, the socket gets a close frame. Run may
// be called once.
func (g *Guest) Run(ctx context.Context) error {
	g.mu.Lock()
	g.backoff.begin(time.Now())
	g.mu.Unlock()
	for delay := time.Duration(0); Pause(ctx, delay); {
		err := g.attempt(ctx)
		if ctx.Err() != nil {
			break
		}
		var over bool
		if delay, over = g.nextDelay(err); over {
			return err
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.enterLocked(Paused)
	return nil
}

// Say puts text into the outbox and returns its nonce. Earlier messages are sent first.
func (g *Guest) Say(text string) wire.Nonce {
	g.mu.Lock()
	defer g.mu.Unlock()
	nonce := g.outbox.add(text, time.Now())
	g.sendDueLocked()
	return nonce
}

// Unsent returns the messages that wait to be sent or acked. A page that is reloaded passes
// them on to the new page.
func (g *Guest) Unsent() (entries []Entry) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range g.outbox.entries {
		entries = append(entries, e.Entry)
	}
	return entries
}

// State returns the state of the socket.
func (g *Guest) State() State {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.state
}

// Pause waits for d. It reports whether d has passed before ctx ended.
func Pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
