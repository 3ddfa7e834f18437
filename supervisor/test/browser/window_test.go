package browser_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chatter/supervisor/test/fixture"
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

// pages counts the answers to one request after the other.
type pages struct {
	waiting int    // nginx's waiting page
	shown   int    // the page itself
	wrong   string // an answer that is neither
}

type pagePoll struct {
	*testing.T
	mu   sync.Mutex
	seen pages
}

// pollPage requests the sign-in page again and again until the test ends.
func pollPage(t *testing.T, w *whole) *pagePoll {
	t.Helper()
	p := &pagePoll{T: t}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			status, page, err := pageRequest(ctx, w)
			if ctx.Err() == nil {
				p.note(status, page, err)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	return p
}

func (p *pagePoll) note(status int, page string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err == nil && status == http.StatusOK:
		p.seen.shown++
	case err == nil && isAway(status) && strings.Contains(page, `http-equiv="refresh"`):
		p.seen.waiting++
	default:
		p.seen.wrong = fmt.Sprintf("status %d, error %v:\n%s", status, err, page)
	}
}

// isAway reports whether nginx answers so while a service is away: it refuses connections, or,
// while a slow machine stops it, it has not taken one in time.
func isAway(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusGatewayTimeout
}

func (p *pagePoll) get() pages {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen
}

func (p *pagePoll) await(what string, cond func(*pages) bool) {
	p.Helper()
	fixture.Await(p.T, what, func() bool {
		seen := p.get()
		return cond(&seen)
	}, func() string { return fmt.Sprintf("%+v", p.get()) })
}

// On a VM, where nginx and Redis are not supervisord's, this is "restart all".
func TestRestartOfBoth_WhoComesMeanwhileWaits(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	const room = "Window"
	ann, dan := newGuest(t, w, "Ann"), newGuest(t, w, "Dan")
	for _, b := range []*tab{ann, dan} {
		b.allow(awayNotes...)
	}
	ann.openRoom(room)
	ann.say("before")
	ann.awaitLog(1)
	sockets := ann.opened()

	// A restart in two steps, with time to check the state between them.
	poll := pollPage(t, w)
	ann.ctl("stop", "httpd:*", "wsd:*")
	poll.await("nginx shows its waiting page", func(p *pages) bool { return p.waiting > 0 })
	if status := dan.open(roomPath(room)); !isAway(status) {
		t.Errorf("Dan comes while pages are away: status %d", status)
	}
	ann.say("said meanwhile")
	ann.ctl("start", "httpd:*", "wsd:*")
	before := poll.get().shown
	poll.await("pages are back", func(p *pages) bool { return p.shown > before })
	if wrong := poll.get().wrong; wrong != "" {
		t.Errorf("instead of the waiting page came %s", wrong)
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
	t.Parallel()
	w := ownSite(t)
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
