package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"chatter/supervisor/lab/guest"
)

// Average times, beside the flag --stay for a page of a room.
const (
	onIndex = time.Second
	absent  = 2 * time.Second // between one guest and the next
	// silentFor is longer than wsd needs to detect that a guest has vanished.
	silentFor = 75 * time.Second
)

// move ends a guest's time on a page.
type move int

const (
	reloads move = iota
	changesRoom
	leaves
	vanishes
)

func drawMove(random *rand.Rand) move {
	switch n := random.IntN(100); {
	case n < 35:
		return reloads
	case n < 65:
		return changesRoom
	case n < 85:
		return leaves
	default:
		return vanishes
	}
}

var names = []string{"Ada", "Björn", "Chloé", "Дмитрий", "Eleni", "藤本"}

// soak has guests come and go for the time of the trial and watches the services. Guests that
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
	t.growth, err = watch(ctx, t.stack, t.config.Duration)
	cancel()
	running.Wait()
	return err
}

// come plays one guest, from the sign-in until it leaves.
func (t *trial) come(ctx, present context.Context, user string, random *rand.Rand) {
	cookie := t.signIn(ctx, user)
	for next := changesRoom; cookie != nil && next == changesRoom && ctx.Err() == nil; {
		_, _ = t.load(ctx, "index/", cookie) // load counts the failures.
		here, leave := context.WithCancelCause(ctx)
		var held sync.WaitGroup
		held.Go(func() {
			begun := time.Now()
			if err := guest.Index(here, t.stack.URL(), cookie); err != nil {
				t.countView(here, begun, err)
			}
		})
		guest.Pause(here, exponential(random, onIndex))
		leave(guest.ErrGoodbye)
		held.Wait()
		next = t.visit(ctx, present, cookie, random)
	}
}

// visit plays one visit to a room, with a page for each reload. It returns the move that
// ended it.
func (t *trial) visit(ctx, present context.Context, cookie *http.Cookie, random *rand.Rand) move {
	c := t.enter(random.IntN(t.config.Rooms))
	for {
		// Also after ctx has ended: the new page sends the unsent messages of the last one.
		leave, err := t.openPage(present, c, cookie)
		if err != nil {
			t.gone(c)
			return leaves
		}
		talking, stop := context.WithTimeout(ctx, exponential(random, t.config.Stay))
		c.talk(talking, func() time.Duration { return t.interval(random) })
		stop()
		if ctx.Err() != nil {
			return leaves // It stays until present ends and says no more.
		}
		next := drawMove(random)
		switch next {
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
		return next
	}
}
