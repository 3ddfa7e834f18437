package browser_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/supervisor/guest"
)

// voice is a guest without a browser, for whom nobody looks at a page.
type voice struct {
	*testing.T
	guest *guest.Guest
}

// newVoice signs in and enters a room. Each has a session of its own, and with it a
// flood limit of its own; all may bear one name.
func newVoice(t *testing.T, w *whole, user, room string) *voice {
	t.Helper()
	parsed, err := name.ParseRoom(room)
	if err != nil {
		t.Fatal(err)
	}
	cookie, err := guest.SignIn(t.Context(), http.DefaultClient, w.URL(), user)
	if err != nil {
		t.Fatal(err)
	}
	g, err := guest.New(guest.Options{URL: w.URL(), Room: parsed, Cookie: cookie})
	if err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(context.Background())
	left := make(chan struct{})
	go func() {
		defer close(left)
		if err := g.Run(ctx); err != nil {
			t.Errorf("%s: %v", user, err)
		}
	}()
	t.Cleanup(func() {
		leave()
		<-left
	})
	return &voice{t, g}
}

// say returns when all of it is stored.
func (v *voice) say(texts ...string) {
	v.Helper()
	for _, text := range texts {
		v.guest.Say(text)
	}
	v.awaitStored()
}

func (v *voice) awaitStored() {
	v.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for v.guest.Unsent() > 0 {
		select {
		case <-tick.C:
		case <-late:
			v.Fatalf("%d messages are still not stored, the guest is %v", v.guest.Unsent(), v.guest.State())
		}
	}
}
