package main

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
)

func (t *trial) enter(room int) *client {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &client{number: len(t.clients) + 1, room: room, faults: &t.faults, begun: t.begun}
	if t.config.Attack {
		c.patience = patience // An attack may delay an answer for longer than a page waits.
	}
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
	path := t.recorder.path(c.room)
	since, err := t.load(present, path, cookie)
	for err != nil && guest.Pause(present, time.Second) {
		since, err = t.load(present, path, cookie)
	}
	if err == nil {
		err = c.open(t.stack.URL(), t.recorder.rooms[c.room].room, cookie, since)
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

// signIn returns nil if the sign-in fails.
func (t *trial) signIn(ctx context.Context, user string) *http.Cookie {
	begun := time.Now()
	cookie, err := guest.SignIn(ctx, t.web, t.stack.URL(), user)
	if err != nil {
		t.countView(ctx, begun, err)
	}
	return cookie
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
	t.faults.record(kind, func(m *measurements) { m.pages[outcome(err)]++ })
}

// The outcomes of a request that do not stand for an error or a status.
const (
	pageShown   = "shown"
	waitingPage = "waiting page"
)

// outcome classifies the result of a handshake or of a request for a page.
func outcome(err error) string {
	var answered *guest.StatusError
	switch {
	case err == nil:
		return pageShown
	case errors.As(err, &answered) && answered.Waiting:
		return waitingPage
	case errors.As(err, &answered):
		return strconv.Itoa(answered.Status)
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, context.Canceled):
		return "no answer"
	}
	return "cut"
}
