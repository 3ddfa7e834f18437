package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
)

// person is one guest, and all that it has said, seen and gone through. What the hooks
// write is read by others only after the guest has left.
type person struct {
	number int
	room   int
	guest  *guest.Guest
	line   line
	faults *blame
	begun  time.Time

	seen   []sight
	said   []*saying
	byText map[string]*saying

	away     []lasted // from live to live
	silences []lasted
	cutOff   string // the kind of fault that ended the last socket
	lostAt   time.Time
	failures []failure
	hushed   atomic.Pointer[hush]
	cutBy    atomic.Pointer[string]

	left     bool // before the end: it need not have seen that
	vanished bool // and left without a word, perhaps between a message and its ack

	last  atomic.Pointer[wire.ID] // of what it has seen
	mu    sync.Mutex              // guards asked
	asked int                     // how much was said
}

// hush is a silence that the guest does not know of.
type hush struct{ at time.Time }

// sight is one thing that a guest saw.
type sight struct {
	at    time.Duration
	what  byte    // one of those below
	id    wire.ID // of a message; the cursor of the others
	from  int     // who said it
	seq   int     // which of theirs
	fresh bool
}

const (
	sawMessage byte = 'm'
	sawGap     byte = 'g'
	sawLive    byte = 'l'
	sawEnd     byte = 'x'
	sawTry     byte = 'c'
	sawPage    byte = 'p' // which shows everything up to id
)

// saying is one message that a guest has said.
type saying struct {
	seq     int
	at      time.Time
	tries   int
	acked   time.Time // zero while it is not
	id      wire.ID
	refused int
}

// lasted is how long something took to be well again, and the fault that it is put to.
type lasted struct {
	kind string
	d    time.Duration
	end  time.Time
}

// failure is an attempt at a socket that was not even accepted.
type failure struct {
	at        time.Duration
	kind, how string
}

// textOf is what guest number n says as its seq-th message. What follows the two numbers
// gives it a usual length.
func textOf(n, seq int) string {
	return fmt.Sprintf("%d %d %s", n, seq, "It was a bright cold day in the harbour, and nobody knew who had said so first.")
}

// parseText returns zeros for what textOf did not make.
func parseText(s string) (n, seq int) {
	first, rest, _ := strings.Cut(s, " ")
	second, _, _ := strings.Cut(rest, " ")
	n, err1 := strconv.Atoi(first)
	seq, err2 := strconv.Atoi(second)
	if err1 != nil || err2 != nil || textOf(n, seq) != s {
		return 0, 0
	}
	return n, seq
}

func newPerson(number, room int, faults *blame, begun time.Time) *person {
	p := &person{number: number, room: room, faults: faults, begun: begun, byText: make(map[string]*saying)}
	p.last.Store(new(wire.ID))
	return p
}

// open opens the room's page, on which since is the last message. A page that was open
// before must be closed; what it had not got through is kept.
func (p *person) open(site string, room name.Room, cookie *http.Cookie, since wire.ID) (err error) {
	o := guest.Options{URL: site, Room: room, Cookie: cookie, Since: since, Dial: p.line.dial, Hooks: p.hooks()}
	if p.guest != nil {
		o.Kept = p.guest.Kept()
		p.lostAt = time.Time{} // by itself: that is no trouble
	}
	p.guest, err = guest.New(o)
	return err
}

func (p *person) hooks() guest.Hooks {
	return guest.Hooks{
		Attempt: func(since wire.ID) { p.saw(sight{what: sawTry, id: since}) },
		State:   p.turned,
		Ended:   p.ended,
		Sent: func(e guest.Entry) {
			s := p.byText[e.Text]
			if s == nil {
				_, seq := parseText(e.Text)
				s = &saying{seq: seq, at: e.At}
				p.byText[e.Text] = s
				p.said = append(p.said, s)
			}
			s.tries = e.Tries
		},
		Acked: func(e guest.Entry, id wire.ID) {
			p.heard()
			s := p.byText[e.Text]
			s.acked, s.id = time.Now(), id
			delete(p.byText, e.Text)
		},
		Refused: func(e guest.Entry, _ wire.Code) { p.byText[e.Text].refused++ },
		Delivered: func(m guest.Message) {
			p.heard()
			from, seq := parseText(m.Text)
			p.saw(sight{what: sawMessage, id: m.ID, from: from, seq: seq, fresh: m.Fresh})
			p.last.Store(&m.ID)
		},
		Gap:      func() { p.saw(sight{what: sawGap}) },
		CaughtUp: func(cursor wire.ID) { p.saw(sight{what: sawLive, id: cursor}) },
	}
}

func (p *person) saw(s sight) {
	s.at = time.Since(p.begun)
	p.seen = append(p.seen, s)
}

// heard ends a silence, for what comes later than a frame may lie in a buffer.
func (p *person) heard() {
	const inBuffers = 50 * time.Millisecond
	if h := p.hushed.Load(); h != nil && time.Since(h.at) > inBuffers && p.hushed.CompareAndSwap(h, nil) {
		p.silences = append(p.silences, lasted{kindSilence, time.Since(h.at), time.Now()})
		p.cutBy.CompareAndSwap(&kindSilence, nil)
	}
}

func (p *person) turned(s guest.State) {
	if s != guest.Live || p.lostAt.IsZero() {
		return
	}
	if p.cutOff != kindSilence { // That one is measured from its beginning.
		p.away = append(p.away, lasted{p.cutOff, time.Since(p.lostAt), time.Now()})
	}
	p.lostAt = time.Time{}
}

// ended notes what a socket's end is put to, if it was live, or how an attempt failed.
func (p *person) ended(err error) {
	own := p.cutBy.Swap(nil)
	if p.lostAt.IsZero() {
		p.lostAt, p.cutOff = time.Now(), p.faults.now()
		p.saw(sight{what: sawEnd})
	} else if own == nil {
		p.failures = append(p.failures, failure{time.Since(p.begun), p.cutOff, howFailed(err)})
	}
	if own != nil { // The network, not the site; also when it comes on top.
		p.cutOff = *own
	}
}

func howFailed(err error) string {
	var answered *guest.HandshakeError
	switch {
	case errors.As(err, &answered):
		return strconv.Itoa(answered.Status)
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, context.Canceled):
		return "no answer"
	}
	return "cut"
}

// putTo is the fault that the wait for s is put to: the guest's own trouble if it had any
// meanwhile, or else the last fault before it was said.
func (p *person) putTo(s *saying) string {
	for _, list := range [][]lasted{p.silences, p.away} {
		for _, l := range list {
			if l.end.After(s.at) && l.end.Add(-l.d).Before(s.acked) {
				return l.kind
			}
		}
	}
	return p.faults.at(s.at)
}

// talk says something at random moments until ctx ends, rate times a second.
func (p *person) talk(ctx context.Context, random *rand.Rand, rate float64) {
	// More would only be more of the same, and take long to drain.
	const mostUnsent = 40
	for {
		wait := time.Duration(random.ExpFloat64() / rate * float64(time.Second))
		if !pause(ctx, wait) {
			return
		}
		if p.guest.Unsent() < mostUnsent {
			p.say()
		}
	}
}

func (p *person) say() {
	p.mu.Lock()
	p.asked++
	seq := p.asked
	p.mu.Unlock()
	p.guest.Say(textOf(p.number, seq))
}

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
