package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
)

// client is one visit of a guest to a room, with its history. The hooks write the history;
// other goroutines read it after the guest has left.
type client struct {
	number, room int
	guest        *guest.Guest
	patience     time.Duration // until an answer must come; 0 for that of a page
	proxy        proxy
	faults       *faultLog
	begun        time.Time

	events   []event
	troubles []trouble // in the order of their ends

	cutOff string    // the kind of fault that ended the last socket
	lostAt time.Time // the end of that socket; zero while live

	left     bool // before the end of the trial, so it need not see the end of the log
	vanished bool // left without a close frame, perhaps between a message and its ack

	last atomic.Pointer[wire.ID] // the last message that it has seen

	mu          sync.Mutex // guards the following
	said        []*message
	harmed      string    // the kind of fault in the guest's own network; "" for none
	silentSince time.Time // zero while the proxy forwards data
}

// event is an entry of a client's history.
type event struct {
	at        time.Duration
	what      string  // one of the constants below
	id        wire.ID // of a message; the cursor of others
	from, seq int     // of a message
}

const (
	sawMessage    = "sees"
	sawGap        = "is told of a gap"
	sawLive       = "is live at"
	lostSocket    = "loses its socket"
	opensSocket   = "opens a socket from"
	sawPage       = "sees a page up to" // and including id
	failedAttempt = "fails to open a socket"
)

// trouble is a time in which a client was cut off or silent, by the kind of fault.
type trouble struct {
	kind string
	end  time.Time
}

// message is a message that a client has said.
type message struct {
	seq     int
	at      time.Time
	tries   int
	refused int
	acked   time.Time // zero until the ack
	id      wire.ID   // of the ack
}

// textOf is message seq of client n. The words after the two numbers give it a usual length.
func textOf(n, seq int) string {
	return fmt.Sprintf("%d %d %s", n, seq, "It was a bright cold day in the harbour, and nobody knew who had said so first.")
}

// parseText returns zeros for a text that is not from textOf.
func parseText(s string) (n, seq int) {
	if _, err := fmt.Sscan(s, &n, &seq); err != nil || textOf(n, seq) != s {
		return 0, 0
	}
	return n, seq
}

// open prepares the client for a page whose last message is since. An earlier page must be
// closed; the new one sends its unsent messages.
func (c *client) open(site string, room name.Room, cookie *http.Cookie, since wire.ID) (err error) {
	c.note(event{what: sawPage, id: since})
	c.last.Store(&since)
	o := guest.Options{URL: site, Room: room, Cookie: cookie, Since: since, AnswerWithin: c.patience, Dial: c.proxy.dial, Hooks: c.hooks()}
	if c.guest != nil {
		o.Unsent = c.guest.Unsent()
		c.lostAt = time.Time{} // the client has closed its page, which is no trouble
	}
	c.guest, err = guest.New(o)
	return err
}

func (c *client) hooks() guest.Hooks {
	return guest.Hooks{
		Attempt: func(since wire.ID) { c.note(event{what: opensSocket, id: since}) },
		State: func(s guest.State) {
			if s == guest.Live && !c.lostAt.IsZero() {
				if c.cutOff != kindSilence { // heard measures a silence from its beginning.
					c.back(c.cutOff, c.lostAt)
				}
				c.lostAt = time.Time{}
			}
		},
		Ended: c.ended,
		Sent:  func(e guest.Entry) { c.message(e).tries = e.Tries },
		Acked: func(e guest.Entry, id wire.ID) {
			c.heard()
			m := c.message(e)
			m.acked, m.id = time.Now(), id
			kind := c.faults.at(m.at)
			if i := slices.IndexFunc(c.troubles, func(t trouble) bool { return t.end.After(m.at) }); i >= 0 {
				kind = c.troubles[i].kind
			}
			c.faults.record(kind, func(r *measurements) { r.acks = append(r.acks, m.acked.Sub(m.at)) })
		},
		Refused: func(e guest.Entry, code wire.Code) {
			c.message(e).refused++
			if code != wire.CodeUnavailable {
				c.faults.record(c.faults.at(time.Now()), func(r *measurements) { r.refusals[string(code)]++ })
			}
		},
		Delivered: func(e wire.Entry) {
			c.heard()
			from, seq := parseText(e.Text)
			c.note(event{what: sawMessage, id: e.ID, from: from, seq: seq})
			c.last.Store(&e.ID)
		},
		Gap:      func() { c.note(event{what: sawGap}) },
		CaughtUp: func(cursor wire.ID) { c.note(event{what: sawLive, id: cursor}) },
	}
}

func (c *client) note(e event) {
	e.at = time.Since(c.begun)
	c.events = append(c.events, e)
}

// message returns the client's record of an entry in its outbox.
func (c *client) message(e guest.Entry) *message {
	_, seq := parseText(e.Text)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.said[seq-1]
}

// harm cuts the client's connections, or silences them for d.
func (c *client) harm(kind string, d time.Duration, reset bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.proxy.all()) == 0 || !c.silentSince.IsZero() && kind == kindSilence {
		return // It waits for its next attempt and would not notice, or is silent already.
	}
	c.harmed = kind
	if kind == kindCut {
		c.proxy.cut(reset)
		return
	}
	c.silentSince = time.Now()
	c.proxy.silence(d, reset)
}

// heard notes the end of a silence. Frames shortly after its beginning do not count: they may
// come from a buffer.
func (c *client) heard() {
	const inBuffers = 50 * time.Millisecond
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silentSince.IsZero() || time.Since(c.silentSince) < inBuffers {
		return
	}
	c.back(kindSilence, c.silentSince)
	c.silentSince = time.Time{}
	if c.harmed == kindSilence {
		c.harmed = ""
	}
}

// back notes the end of a time in which the client was cut off or silent.
func (c *client) back(kind string, since time.Time) {
	c.troubles = append(c.troubles, trouble{kind, time.Now()})
	c.faults.record(kind, func(m *measurements) { m.back = append(m.back, time.Since(since)) })
}

// ended notes the cause of a socket's end, or the outcome of a failed attempt. If the client's
// network was harmed, that is the cause, also if another fault happens meanwhile.
func (c *client) ended(err error) {
	c.mu.Lock()
	harmed := c.harmed
	c.harmed = ""
	c.mu.Unlock()
	if c.lostAt.IsZero() {
		c.lostAt = time.Now()
		c.cutOff = c.faults.at(c.lostAt)
		c.note(event{what: lostSocket})
	} else if harmed == "" {
		c.faults.record(c.cutOff, func(m *measurements) { m.handshakes[outcome(err)]++ })
		c.note(event{what: failedAttempt + ": " + outcome(err)})
	}
	c.cutOff = cmp.Or(harmed, c.cutOff)
}

// talk says a message after each interval until ctx ends.
func (c *client) talk(ctx context.Context, interval func() time.Duration) {
	// With more unsent messages the end of the trial takes longer and shows nothing new.
	const mostUnsent = 40
	for guest.Pause(ctx, interval()) {
		if len(c.guest.Unsent()) < mostUnsent {
			c.say()
		}
	}
}

func (c *client) say() {
	c.mu.Lock()
	m := &message{seq: len(c.said) + 1, at: time.Now()}
	c.said = append(c.said, m)
	c.mu.Unlock()
	c.guest.Say(textOf(c.number, m.seq))
}

func exponential(random *rand.Rand, average time.Duration) time.Duration {
	return time.Duration(random.ExpFloat64() * float64(average))
}

// interval returns a random time between two messages of one guest. During attacks no guest says
// so much at once that it may be refused.
func (t *trial) interval(random *rand.Rand) time.Duration {
	average := time.Duration(float64(t.config.Guests) / t.config.Rate * float64(time.Second))
	if t.config.Attack {
		return average/2 + upTo(random, average)
	}
	return exponential(random, average)
}
