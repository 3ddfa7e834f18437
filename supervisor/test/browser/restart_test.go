package browser_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// awayNotes are what the browser notes by itself about a service that is away.
var awayNotes = []string{`WebSocket connection to .* failed`, `status of 50[24] `, `ERR_CONNECTION_REFUSED .*/ws$`, `issue: StylesheetLoadingIssue`}

// supervisorctl runs a command while the test goes on.
func supervisorctl(w *whole, args ...string) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := w.Ctl(w.chromium, args...)
		done <- err
	}()
	return done
}

func (b *tab) ctl(args ...string) {
	b.Helper()
	if err := <-supervisorctl(b.site, args...); err != nil {
		b.Fatal(err)
	}
}

func TestRestartOfSockets_WhileBothTalk(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	const room = "Restart"
	ann, ben := newGuest(t, w, "Ann"), newGuest(t, w, "Ben")
	guests := []*tab{ann, ben}
	for _, b := range guests {
		b.allow(awayNotes...)
		b.openRoom(room)
	}
	said := 0
	say := func() {
		said++
		guests[said%2].say(fmt.Sprintf("number %d", said))
	}
	for range 6 {
		say()
	}
	before := map[*tab]int{ann: ann.opened(), ben: ben.opened()}
	// As people talk: some words a second, below the flood limit, before, during and
	// after.
	pace := time.NewTicker(300 * time.Millisecond)
	defer pace.Stop()
	done := supervisorctl(w, "restart", "wsd:*")
	for running := true; running; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			running = false
		case <-pace.C:
			if said < 30 {
				say()
			}
		}
	}
	during := said - 6
	for _, b := range guests {
		b.await("the page has got another socket", func(context.Context) (bool, error) { return b.opened() > before[b], nil })
		b.awaitLive()
	}
	for range 4 {
		say()
	}
	t.Logf("%d messages during the restart", during)

	for i, b := range guests {
		all := texts(b.awaitLog(said))
		for k := range guests {
			var want, got []string
			for n := 1; n <= said; n++ {
				if n%2 == k {
					want = append(want, fmt.Sprintf("number %d", n))
				}
			}
			for _, text := range all {
				var n int
				if fmt.Sscanf(text, "number %d", &n); n%2 == k {
					got = append(got, text)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("of what %s said, %s sees:\n%s", guests[k].who, guests[i].who, diff)
			}
		}
	}
	same(t, ann, ben)
	// The server's page says the same as what came through the sockets.
	ann.reload()
	ann.awaitLive()
	ann.awaitLog(said)
	same(t, ann, ben)
}

// states are the connection states that a page has shown.
func (b *tab) states() string {
	b.Helper()
	return strings.Join(value[[]string](b, "window.statesSeen"), " ")
}
