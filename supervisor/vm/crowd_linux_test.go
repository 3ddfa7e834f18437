package vm_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"chatter/shared/name"
	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/run/stack"
)

// siteURL is the site's address in the machine's network.
const siteURL = "http://127.0.0.1/"

// crowd are guests who talk in one room and somebody who views pages, all the time.
type crowd struct {
	m       *machine
	guests  []*talker
	stop    context.CancelFunc // they say nothing more
	leave   context.CancelFunc
	talking sync.WaitGroup
	working sync.WaitGroup // the others

	mu    sync.Mutex
	pages map[string]int // requests for pages, by outcome
}

// talker is a guest who says a message when the one before is acked.
type talker struct {
	*guest.Guest
	acked chan struct{}

	mu   sync.Mutex
	said int
	seen []string // the texts that arrived, in their order
}

const talkers = 3

// newCrowd returns a crowd of which everybody has got a message of everybody. The room must not
// have been used before.
func newCrowd(t *testing.T, m *machine, roomName string) *crowd {
	t.Helper()
	room, err := name.ParseRoom(roomName)
	if err != nil {
		t.Fatal(err)
	}
	c := &crowd{m: m, pages: make(map[string]int)}
	var talking, present context.Context
	talking, c.stop = context.WithCancel(context.Background())
	present, c.leave = context.WithCancel(context.Background())
	t.Cleanup(func() { c.stop(); c.leave(); c.talking.Wait(); c.working.Wait() })
	var cookie *http.Cookie
	for i := range talkers {
		if cookie, err = guest.SignIn(t.Context(), m.client(), siteURL, fmt.Sprintf("%s %d", roomName, i)); err != nil {
			t.Fatal(err)
		}
		g := &talker{acked: make(chan struct{}, 1)}
		g.Guest, err = guest.New(guest.Options{URL: siteURL, Room: room, Cookie: cookie, Dial: m.dial, Hooks: guest.Hooks{
			Acked:     func(guest.Entry, wire.ID) { g.acked <- struct{}{} },
			Delivered: func(e wire.Entry) { g.mu.Lock(); g.seen = append(g.seen, e.Text); g.mu.Unlock() },
		}})
		if err != nil {
			t.Fatal(err)
		}
		c.guests = append(c.guests, g)
		c.working.Go(func() { _ = g.Run(present) })
	}
	// A guest without a message cannot tell a gap from an empty room.
	m.await("everybody is live", func() error { return c.each(func(g *talker) bool { return g.State() == guest.Live }) })
	for i, g := range c.guests {
		c.talking.Go(func() { g.talk(talking, i) })
	}
	m.await("everybody hears everybody", func() error { return c.each(func(g *talker) bool { return len(g.authors()) == talkers }) })
	c.working.Go(func() { c.view(talking, cookie, room) })
	return c
}

func (g *talker) talk(ctx context.Context, number int) {
	for ctx.Err() == nil {
		g.mu.Lock()
		g.said++
		text := fmt.Sprintf("%d says %d", number, g.said)
		g.mu.Unlock()
		g.Say(text)
		select {
		case <-g.acked:
		case <-ctx.Done():
		}
	}
}

// authors returns how many messages arrived, by author.
func (g *talker) authors() map[string]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	authors := make(map[string]int)
	for _, text := range g.seen {
		author, _, _ := strings.Cut(text, " ")
		authors[author]++
	}
	return authors
}

// view requests pages by turns and counts the outcomes.
func (c *crowd) view(ctx context.Context, cookie *http.Cookie, room name.Room) {
	client := c.m.client()
	for i := 0; guest.Pause(ctx, interval); i++ {
		path := []string{"index/", strings.TrimPrefix(room.Path(), "/")}[i%2]
		_, err := guest.Page(ctx, client, siteURL+path, cookie)
		if ctx.Err() != nil {
			return
		}
		c.mu.Lock()
		c.pages[fmt.Sprint(err)]++
		c.mu.Unlock()
	}
}

// each returns an error that shows all guests unless a condition holds for everybody.
func (c *crowd) each(holds func(*talker) bool) error {
	var missing []string
	for i, g := range c.guests {
		if !holds(g) {
			missing = append(missing, fmt.Sprintf("guest %d, %s, has got %v", i, g.State(), g.authors()))
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s", strings.Join(missing, "; "))
	}
	return nil
}

// more waits until everybody has got so many more messages of everybody.
func (c *crowd) more(n int) {
	c.m.t.Helper()
	before := make(map[*talker]map[string]int)
	for _, g := range c.guests {
		before[g] = g.authors()
	}
	c.m.await("everybody hears everybody", func() error {
		return c.each(func(g *talker) bool {
			now := g.authors()
			for author, count := range before[g] {
				if now[author] < count+n {
					return false
				}
			}
			return true
		})
	})
}

// end has everybody stop, and checks that each message arrived once, and everywhere in the same
// order. It returns the number of messages, and the outcomes of the pages.
func (c *crowd) end(t *testing.T) (messages int, pages map[string]int) {
	t.Helper()
	c.stop()
	c.talking.Wait() // one of them may be about to say the next message
	c.m.await("every message is acked", func() error { return c.each(func(g *talker) bool { return len(g.Unsent()) == 0 }) })
	var want []string
	for i, g := range c.guests {
		for k := range g.said {
			want = append(want, fmt.Sprintf("%d says %d", i, k+1))
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), hangLimit)
	defer cancel()
	stack.Poll(ctx, func() bool { return c.each(func(g *talker) bool { return len(g.texts()) >= len(want) }) == nil })
	c.leave()
	c.working.Wait()
	slices.Sort(want)
	for i, g := range c.guests {
		if !slices.Equal(g.seen, c.guests[0].seen) {
			t.Errorf("guest %d has got %q, guest 0 %q", i, g.seen, c.guests[0].seen)
		}
		if got := slices.Sorted(slices.Values(g.seen)); !slices.Equal(got, want) {
			t.Errorf("guest %d has got %q, but all that was said is %q", i, got, want)
		}
	}
	return len(want), c.pages
}

func (g *talker) texts() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.seen
}
