package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
)

// How long guests do what they do, on average, beside what they stay on a page.
const (
	onIndex = time.Second
	outside = 2 * time.Second // before somebody else comes
	// longGone is more than wsd needs to find out that a guest has vanished.
	longGone = 75 * time.Second
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

// churn is the coming and going of guests.
type churn struct {
	scene  *scene
	rooms  []name.Room
	client *http.Client
	begun  time.Time
	guests sync.WaitGroup // whose pages are open, and those that vanish

	mu     sync.Mutex // guards what follows
	people []*person  // one for every visit to a room
	views  map[string]int
}

// stayed are those who are still there.
func (ch *churn) stayed() (people []*person) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	for _, p := range ch.people {
		if !p.left {
			people = append(people, p)
		}
	}
	return people
}

func (ch *churn) enter(room int) *person {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	p := newPerson(len(ch.people)+1, room, ch.scene.faults, ch.begun)
	ch.people = append(ch.people, p)
	return p
}

// come has one guest after another come, look around, talk and go until ctx ends. Whoever
// is in a room then stays until present ends.
func (ch *churn) come(ctx, present context.Context, random *rand.Rand) {
	pause(ctx, time.Duration(random.Float64()*float64(ch.scene.config.Stay))) // not all at once
	for n := 0; ctx.Err() == nil; n++ {
		ch.stay(ctx, present, fmt.Sprintf("%s %d", names[random.IntN(len(names))], random.IntN(1_000_000)), random)
		pause(ctx, exponential(random, outside))
	}
}

var names = []string{"Ada", "Björn", "Chloé", "Дмитрий", "Eleni", "藤本"}

func exponential(random *rand.Rand, average time.Duration) time.Duration {
	return time.Duration(random.ExpFloat64() * float64(average))
}

// stay is one guest's time, from the sign-in on.
func (ch *churn) stay(ctx, present context.Context, user string, random *rand.Rand) {
	cookie, err := guest.SignIn(ctx, ch.client, ch.scene.stack.URL(), user)
	if err != nil {
		ch.viewed(ctx, err)
		return
	}
	for ctx.Err() == nil {
		ch.lookAround(ctx, cookie, random)
		if ch.visit(ctx, present, cookie, random) != changesRoom {
			return
		}
	}
}

// lookAround is a moment on the index.
func (ch *churn) lookAround(ctx context.Context, cookie *http.Cookie, random *rand.Rand) {
	site := ch.scene.stack.URL()
	_, err := guest.Page(ctx, ch.client, site+"index/", cookie)
	ch.viewed(ctx, err)
	ctx, leave := context.WithCancelCause(ctx)
	var held sync.WaitGroup
	held.Go(func() {
		if err := guest.Index(ctx, site, cookie); err != nil {
			ch.viewed(ctx, err)
		}
	})
	pause(ctx, exponential(random, onIndex))
	leave(guest.Goodbye)
	held.Wait()
}

// visit is one visit to a room, on as many pages as the guest reloads. It returns the
// move that ended it.
func (ch *churn) visit(ctx, present context.Context, cookie *http.Cookie, random *rand.Rand) (move int) {
	p := ch.enter(random.IntN(len(ch.rooms)))
	rate := ch.scene.config.Rate / float64(ch.scene.config.Guests)
	for {
		// Also when the time is up: what the page before kept must get through.
		leave, ok := ch.openPage(present, p, cookie)
		if !ok {
			ch.gone(p)
			return leaves
		}
		talking, stop := context.WithTimeout(ctx, exponential(random, ch.scene.config.Stay))
		p.talk(talking, random, rate)
		stop()
		if ctx.Err() != nil {
			return leaves // It stays, and says no more.
		}
		switch move = draw(random); move {
		case reloads:
			leave(guest.Goodbye)
			continue
		case vanishes:
			p.vanished = true
			p.line.silence(longGone, true)
			leave(nil)
		default:
			ch.getThrough(present, p)
			leave(guest.Goodbye)
		}
		ch.gone(p)
		return move
	}
}

// getThrough waits until everything is acked, as one does who sees it on the page.
func (ch *churn) getThrough(ctx context.Context, p *person) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for p.guest.Unsent() > 0 && pause(ctx, 10*time.Millisecond) {
	}
}

// openPage has p load its room's page and connect. The function that it returns closes
// the page; it blocks until that is done.
func (ch *churn) openPage(present context.Context, p *person, cookie *http.Cookie) (leave func(error), ok bool) {
	room := ch.rooms[p.room]
	site := ch.scene.stack.URL()
	since, ok := ch.load(present, site+strings.TrimPrefix(room.Path(), "/"), cookie)
	if !ok {
		return nil, false
	}
	p.saw(sight{what: sawPage, id: since})
	p.last.Store(&since)
	if err := p.open(site, room, cookie, since); err != nil {
		ch.viewed(present, err)
		return nil, false
	}
	here, cancel := context.WithCancelCause(present)
	ended := make(chan struct{})
	ch.guests.Go(func() {
		defer close(ended)
		p.guest.Run(here)
	})
	return func(why error) { cancel(why); <-ended }, true
}

// load asks for a room's page until it comes, or ctx ends.
func (ch *churn) load(ctx context.Context, address string, cookie *http.Cookie) (since wire.ID, ok bool) {
	for {
		since, err := guest.Page(ctx, ch.client, address, cookie)
		ch.viewed(ctx, err)
		if err == nil || !pause(ctx, time.Second) {
			return since, err == nil
		}
	}
}

func (ch *churn) gone(p *person) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	p.left = true
}

// viewed counts what came of a request, unless its guest was called away.
func (ch *churn) viewed(ctx context.Context, err error) {
	how := pageShown
	if err != nil {
		how = err.Error()
	}
	if ctx.Err() != nil {
		return
	}
	ch.mu.Lock()
	defer ch.mu.Unlock()
	ch.views[how]++
}

func draw(random *rand.Rand) (move int) {
	n := random.IntN(100)
	for move, share := range moves {
		if n -= share; n < 0 {
			return move
		}
	}
	return leaves
}
