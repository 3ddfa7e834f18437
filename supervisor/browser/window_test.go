package browser_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// pageRequest is a request without a browser, for the sign-in page.
func pageRequest(ctx context.Context, w *whole) (status int, page string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.URL(), nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// On a VM, where nginx and Redis are not supervisord's, this is "restart all".
func TestRestartOfBoth_WhoComesMeanwhileWaits(t *testing.T) {
	w := site(t)
	const room = "Window"
	ann, dan := newGuest(t, w, "Ann"), newGuest(t, w, "Dan")
	for _, b := range []*tab{ann, dan} {
		b.allow(awayNotes...)
	}
	ann.openRoom(room)
	ann.say("before")
	ann.awaitLog(1)
	sockets := ann.opened()

	done := supervisorctl(w, "restart", "httpd:*", "wsd:*")
	waited, wrong := false, ""
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for running := true; running; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			running = false
		case <-tick.C:
			status, page, err := pageRequest(t.Context(), w)
			if status == http.StatusOK {
				continue
			}
			if err != nil || status != http.StatusBadGateway || !strings.Contains(page, `http-equiv="refresh"`) {
				wrong = fmt.Sprintf("status %d, error %v:\n%s", status, err, page)
			}
			if !waited {
				waited = true
				t.Logf("Dan came while pages were away: status %d", dan.open(roomPath(room)))
				ann.say("said meanwhile")
			}
		}
	}
	if !waited || wrong != "" {
		t.Errorf("pages were away: %v; instead of the waiting page came %q", waited, wrong)
	}
	// Nobody touches either page.
	dan.until("Dan has come to the room", "document.querySelector('#room')")
	ann.await("Ann has got another socket", func(context.Context) (bool, error) { return ann.opened() > sockets, nil })
	for _, b := range []*tab{ann, dan} {
		b.sees("before", "said meanwhile")
		b.awaitLive()
	}
	same(t, ann, dan)
}

func TestRestartOfAllAround_SocketsComeBack(t *testing.T) {
	w := site(t)
	const room = "All around"
	ann, ben := newGuest(t, w, "Ann"), newGuest(t, w, "Ben")
	guests := []*tab{ann, ben}
	for _, b := range guests {
		b.allow(awayNotes...)
		b.openRoom(room)
	}
	var said []string
	for _, what := range []string{"nginx", "all"} {
		sockets := map[*tab]int{ann: ann.opened(), ben: ben.opened()}
		done := supervisorctl(w, "restart", what)
		for _, b := range guests {
			b.await("the page's socket is gone", func(context.Context) (bool, error) {
				return b.opened() > sockets[b] || value[string](b, "document.getElementById('state').dataset.state") != "live", nil
			})
			text := fmt.Sprintf("%s while %s is away", b.who, what)
			b.say(text)
			said = append(said, text)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		for _, b := range guests {
			b.await("the page has got another socket", func(context.Context) (bool, error) { return b.opened() > sockets[b], nil })
			b.awaitLive()
			seen := texts(b.awaitLog(len(said)))
			slices.Sort(seen)
			if want := slices.Sorted(slices.Values(said)); !slices.Equal(seen, want) {
				t.Errorf("%s sees %q, want %q", b.who, seen, want)
			}
		}
		same(t, ann, ben)
	}
	ann.reload()
	ann.awaitLive()
	ann.awaitLog(len(said))
	same(t, ann, ben)
}
