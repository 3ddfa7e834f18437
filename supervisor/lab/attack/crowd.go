package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/run/stack"
)

// patience bounds the wait for the polite guests. It is no part of the verdict.
const patience = 2 * time.Minute

// crowd is the polite guests.
type crowd struct {
	stack  *stack.Stack
	guests []*politeGuest
	rooms  []name.Room
	stop   context.CancelFunc
	busy   sync.WaitGroup

	mu        sync.Mutex
	said      []*said
	refused   map[string]int // by code of a message, or by status of a page
	newcomers int            // who have signed in, and seen the index and a room
}

// said is a message of a polite guest.
type said struct {
	room  int
	text  string
	at    time.Time
	acked time.Time // zero before
}

type politeGuest struct {
	*guest.Guest
	number, room int

	mu   sync.Mutex
	seen map[string]bool // texts
	mine map[wire.Nonce]*said
}

// gather has the guests sign in, each from an address of its own, and waits until all are in
// their rooms. They talk until leave is called.
func gather(ctx context.Context, s *stack.Stack, c config) (*crowd, error) {
	ctx, stop := context.WithCancel(ctx)
	w := &crowd{stack: s, stop: stop, refused: make(map[string]int)}
	for i := range c.Rooms {
		room, err := name.ParseRoom(fmt.Sprintf("Polite room %d", i+1))
		if err != nil {
			return nil, err
		}
		w.rooms = append(w.rooms, room)
	}
	for i := range c.Guests {
		g, err := w.enter(ctx, i)
		if err != nil {
			stop()
			return nil, err
		}
		w.guests = append(w.guests, g)
		w.busy.Go(func() { _ = g.Run(ctx) })
	}
	if !w.until(ctx, w.live) {
		stop()
		return nil, errors.New("the polite guests are not live")
	}
	for _, g := range w.guests {
		w.busy.Go(func() { w.talk(ctx, g, time.Duration(float64(c.Guests)/c.Rate*float64(time.Second))) })
	}
	w.busy.Go(func() { w.welcome(ctx) })
	return w, nil
}

func (w *crowd) leave() {
	w.stop()
	w.busy.Wait()
}

func (w *crowd) until(ctx context.Context, holds func() bool) bool {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return stack.Poll(bounded, holds)
}

// enter makes a guest of the room whose turn it is.
func (w *crowd) enter(ctx context.Context, i int) (*politeGuest, error) {
	dial := dialFrom(fmt.Sprintf("127.50.%d.%d", 1+i/200, 1+i%200))
	cookie, err := guest.SignIn(ctx, clientOf(dial), w.stack.URL(), fmt.Sprintf("Polite %d", i+1))
	if err != nil {
		return nil, err
	}
	g := &politeGuest{number: i, room: i % len(w.rooms), seen: make(map[string]bool), mine: make(map[wire.Nonce]*said)}
	g.Guest, err = guest.New(guest.Options{
		URL: w.stack.URL(), Room: w.rooms[g.room], Cookie: cookie, Dial: dial, AnswerWithin: patience,
		Hooks: guest.Hooks{
			Acked: func(e guest.Entry, _ wire.ID) {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.find(g, e).acked = time.Now()
			},
			Refused: func(e guest.Entry, code wire.Code) {
				if code != wire.CodeUnavailable {
					w.note(string(code))
				}
			},
			Delivered: func(e wire.Entry) {
				g.mu.Lock()
				defer g.mu.Unlock()
				g.seen[e.Text] = true
			},
		},
	})
	return g, err
}

// find returns the record of a message. The hook may run before say has made it.
func (w *crowd) find(g *politeGuest, e guest.Entry) *said {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.mine[e.Nonce] == nil {
		g.mine[e.Nonce] = &said{room: g.room, text: e.Text, at: e.At}
		w.said = append(w.said, g.mine[e.Nonce])
	}
	return g.mine[e.Nonce]
}

// talk says something at random moments, once in the interval on average.
func (w *crowd) talk(ctx context.Context, g *politeGuest, every time.Duration) {
	for i := 0; guest.Pause(ctx, time.Duration((0.5+rand.Float64())*float64(every))); i++ {
		text := fmt.Sprintf("polite %d %d: how is the weather on your side of the wall today?", g.number, i)
		at := time.Now()
		nonce := g.Say(text)
		w.mu.Lock()
		w.find(g, guest.Entry{Nonce: nonce, Text: text, At: at})
		w.mu.Unlock()
	}
}

// welcome has a newcomer from an address of its own sign in and look at the index and at a
// room, one after the other.
func (w *crowd) welcome(ctx context.Context) {
	for i := 0; guest.Pause(ctx, 250*time.Millisecond); i++ {
		client := clientOf(dialFrom(fmt.Sprintf("127.51.%d.%d", 1+i/200%200, 1+i%200)))
		cookie, err := guest.SignIn(ctx, client, w.stack.URL(), fmt.Sprintf("Newcomer %d", i+1))
		for _, page := range []string{"index/", w.rooms[i%len(w.rooms)].Path()[1:]} {
			if err == nil {
				err = visit(ctx, client, w.stack.URL()+page, cookie)
			}
		}
		client.CloseIdleConnections()
		switch {
		case ctx.Err() != nil || unavailable(err):
		case err != nil:
			w.note("newcomer: " + err.Error())
		default:
			w.mu.Lock()
			w.newcomers++
			w.mu.Unlock()
		}
	}
}

// visit loads a page.
func visit(ctx context.Context, client *http.Client, url string, cookie *http.Cookie) error {
	status, _, err := request(ctx, client, http.MethodGet, url, cookie, nil)
	if err == nil && status != http.StatusOK {
		err = &guest.StatusError{Status: status}
	}
	return err
}

// unavailable reports whether a service, or Redis, is away for a moment.
func unavailable(err error) bool {
	var answer *guest.StatusError
	return errors.As(err, &answer) && answer.Status >= http.StatusBadGateway
}

func (w *crowd) note(refusal string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refused[refusal]++
}

func (w *crowd) live() bool {
	return !slices.ContainsFunc(w.guests, func(g *politeGuest) bool { return g.State() != guest.Live })
}

// mark is where an attack begins in the records of the crowd.
type mark struct {
	said, newcomers int
	refused         map[string]int
}

func (w *crowd) begin() mark {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := mark{len(w.said), w.newcomers, make(map[string]int)}
	for code, n := range w.refused {
		m.refused[code] = n
	}
	return m
}

// settle waits until all polite guests are live again, and all that they have said so far is
// acked and seen by everybody in the room. It returns how much they have said. What is missing
// then is lost.
func (w *crowd) settle(ctx context.Context) (upTo int, err error) {
	w.mu.Lock()
	upTo = len(w.said)
	w.mu.Unlock()
	if w.until(ctx, w.live) {
		w.until(ctx, func() bool { return w.lost(0, upTo) == 0 })
	}
	return upTo, ctx.Err()
}

// lost is how many messages have no ack, or have not been seen by a guest of the room.
func (w *crowd) lost(from, upTo int) (n int) {
	w.mu.Lock()
	list := slices.Clone(w.said[from:upTo])
	w.mu.Unlock()
	for _, m := range list {
		w.mu.Lock()
		acked := !m.acked.IsZero()
		w.mu.Unlock()
		if !acked || slices.ContainsFunc(w.guests, func(g *politeGuest) bool { return g.room == m.room && !g.has(m.text) }) {
			n++
		}
	}
	return n
}

func (g *politeGuest) has(text string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.seen[text]
}
