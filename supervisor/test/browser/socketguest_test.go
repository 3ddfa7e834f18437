package browser_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/test/fixture"
)

// socketGuest is a guest without a browser, for whom nobody looks at a page.
type socketGuest struct {
	*testing.T
	guest *guest.Guest

	mu    sync.Mutex
	heard []string
}

// newSocketGuest signs in and enters a room. Each has a session of its own, and with it a
// flood limit of its own; all may bear one name.
func newSocketGuest(t *testing.T, w *whole, user, room string) *socketGuest {
	t.Helper()
	parsed, err := name.ParseRoom(room)
	if err != nil {
		t.Fatal(err)
	}
	cookie, err := guest.SignIn(t.Context(), http.DefaultClient, w.URL(), user)
	if err != nil {
		t.Fatal(err)
	}
	v := &socketGuest{T: t}
	v.guest, err = guest.New(guest.Options{URL: w.URL(), Room: parsed, Cookie: cookie, Hooks: guest.Hooks{Delivered: v.hear}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(context.Background())
	left := make(chan struct{})
	go func() {
		defer close(left)
		if err := v.guest.Run(ctx); err != nil {
			t.Errorf("%s: %v", user, err)
		}
	}()
	t.Cleanup(func() {
		leave()
		<-left
	})
	return v
}

func (v *socketGuest) hear(m wire.Entry) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.heard = append(v.heard, m.Text)
}

// hears is everything that has come to it, doubled or not.
func (v *socketGuest) hears() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.heard)
}

func (v *socketGuest) awaitWord(text string) {
	v.Helper()
	v.until("heard "+text, func() bool { return slices.Contains(v.hears(), text) })
}

// say returns when all of it is stored.
func (v *socketGuest) say(texts ...string) {
	v.Helper()
	for _, text := range texts {
		v.guest.Say(text)
	}
	v.awaitStored()
}

func (v *socketGuest) awaitStored() {
	v.Helper()
	v.until("all is stored", func() bool { return len(v.guest.Unsent()) == 0 })
}

func (v *socketGuest) until(what string, cond func() bool) {
	v.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(fixture.HangLimit)
	for !cond() {
		select {
		case <-tick.C:
		case <-late:
			v.Fatalf("still not so: %s; the guest is %v with %d unsent", what, v.guest.State(), len(v.guest.Unsent()))
		}
	}
}
