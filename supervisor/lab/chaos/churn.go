package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
)

// Average times, beside the flag --stay for a page of a room.
const (
	onIndex = time.Second
	absent  = 2 * time.Second // between one guest and the next
	// silentFor is longer than wsd needs to detect that a guest has vanished.
	silentFor = 75 * time.Second
)

// The moves of a guest.
const (
	reloads = iota
	changesRoom
	leaves
	vanishes
)

// Of a hundred moves.
var moves = [...]int{reloads: 35, changesRoom: 30, leaves: 20, vanishes: 15}

var names = []string{"Ada", "Björn", "Chloé", "Дмитрий", "Eleni", "藤本"}

// soak has guests come and go for the time of the trial and watches the services. Guests who
// are in a room at its end stay until present ends.
func (t *trial) soak(ctx, present context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, t.config.Duration)
	defer cancel()
	var running sync.WaitGroup
	for i := range t.config.Guests {
		random := t.random(i + 100)
		running.Go(func() {
			guest.Pause(ctx, time.Duration(random.Float64()*float64(t.config.Stay))) // not all at once
			for ctx.Err() == nil {
				t.come(ctx, present, fmt.Sprintf("%s %d", names[random.IntN(len(names))], random.IntN(1_000_000)), random)
				guest.Pause(ctx, exponential(random, absent))
			}
		})
	}
	t.usage, err = watch(ctx, t.stack, t.config.Duration)
	cancel()
	running.Wait()
	return err
}

// come plays one guest, from the sign-in until it leaves.
func (t *trial) come(ctx, present context.Context, user string, random *rand.Rand) {
	begun := time.Now()
	cookie, err := guest.SignIn(ctx, t.web, t.stack.URL(), user)
	if err != nil {
		t.countView(ctx, begun, err)
		return
	}
	for ctx.Err() == nil {
		_, _ = t.load(ctx, "index/", cookie) // load counts the failures.
		here, leave := context.WithCancelCause(ctx)
		var held sync.WaitGroup
		held.Go(func() {
			if err := guest.Index(here, t.stack.URL(), cookie); err != nil {
				t.countView(here, begun, err)
			}
		})
		guest.Pause(here, exponential(random, onIndex))
		leave(guest.ErrGoodbye)
		held.Wait()
		if t.visit(ctx, present, cookie, random) != changesRoom {
			return
		}
	}
}

// visit plays one visit to a room, with a page for each reload. It returns the move that
// ended it.
func (t *trial) visit(ctx, present context.Context, cookie *http.Cookie, random *rand.Rand) (move int) {
	c := t.enter(random.IntN(t.config.Rooms))
	for {
		// Also after ctx has ended: the new page sends the unsent messages of the last one.
		leave, err := t.openPage(present, c, cookie)
		if err != nil {
			t.gone(c)
			return leaves
		}
		talking, stop := context.WithTimeout(ctx, exponential(random, t.config.Stay))
		c.talk(talking, random, t.config.Rate/float64(t.config.Guests))
		stop()
		if ctx.Err() != nil {
			return leaves // It stays until present ends and says no more.
		}
		switch move = drawMove(random); move {
		case reloads:
			leave(guest.ErrGoodbye)
			continue
		case vanishes:
			c.vanished = true
			c.proxy.silence(silentFor, true)
			leave(nil)
		default:
			// A guest sees on its page that all messages are stored, and leaves then.
			_ = t.until(present, "all is acked", func() bool { return len(c.guest.Unsent()) == 0 })
			leave(guest.ErrGoodbye)
		}
		t.gone(c)
		return move
	}
}

func (t *trial) enter(room int) *client {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &client{number: len(t.clients) + 1, room: room, faults: &t.faults, begun: t.begun}
	c.proxy.local = addressOf(c.number)
	t.clients = append(t.clients, c)
	return c
}

func (t *trial) gone(c *client) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c.left = true
}

// openPage loads the room's page until it comes, and connects. The returned function closes
// the page and blocks until its socket has ended.
func (t *trial) openPage(present context.Context, c *client, cookie *http.Cookie) (leave func(error), err error) {
	room := t.recorder.rooms[c.room].room
	since, err := t.load(present, strings.TrimPrefix(room.Path(), "/"), cookie)
	for err != nil && guest.Pause(present, time.Second) {
		since, err = t.load(present, strings.TrimPrefix(room.Path(), "/"), cookie)
	}
	if err == nil {
		err = c.open(t.stack.URL(), room, cookie, since)
	}
	if err != nil {
		return nil, err
	}
	here, cancel := context.WithCancelCause(present)
	ended := make(chan struct{})
	t.pages.Go(func() {
		defer close(ended)
		c.guest.Run(here)
	})
	return func(why error) { cancel(why); <-ended }, nil
}

// load requests a page and returns the newest message on it.
func (t *trial) load(ctx context.Context, page string, cookie *http.Cookie) (since wire.ID, err error) {
	begun := time.Now()
	since, err = guest.Page(ctx, t.web, t.stack.URL()+page, cookie)
	t.countView(ctx, begun, err)
	return since, err
}

// countView counts the outcome of a request, unless ctx ended it.
func (t *trial) countView(ctx context.Context, begun time.Time, err error) {
	if ctx.Err() != nil {
		return
	}
	kind := t.faults.at(begun)
	if err != nil { // The request may have begun before the fault that ended it.
		kind = t.faults.at(time.Now())
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.views[kind] == nil {
		t.views[kind] = make(map[string]int)
	}
	t.views[kind][outcome(err)]++
}

func drawMove(random *rand.Rand) (move int) {
	n := random.IntN(100)
	for move, share := range moves {
		if n -= share; n < 0 {
			return move
		}
	}
	return leaves
}
