package machines_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/test/fixture"
)

const site = "http://chat.example.org/"

// browser opens connections to the site as a browser does that knows two addresses of it: to
// the second if the first does not answer. Guests begin with different hosts.
func browser(hosts []*host, begin int) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (conn net.Conn, err error) {
		for i := range hosts {
			dialer := net.Dialer{Timeout: 2 * time.Second}
			if conn, err = dialer.DialContext(ctx, network, hosts[(begin+i)%len(hosts)].address+":80"); err == nil {
				break
			}
		}
		return conn, err
	}
}

// person is a guest who says something again and again until told to stop, and what came of it.
type person struct {
	*guest.Guest

	mu      sync.Mutex
	said    int                // texts
	acked   map[string]wire.ID // by text
	refused map[wire.Code]int
	seen    [][]wire.Entry // delivered; a new run begins with each gap
}

// crowd is all guests of a test, in one room.
type crowd struct {
	t        *testing.T
	machines *machines
	room     name.Room
	people   []*person
	quiet    chan struct{} // closed when nobody is to begin another message
	talk     sync.WaitGroup
}

// answerWithin is shorter than that of a page, so that a guest of a lost host soon tries the other.
const answerWithin = 8 * time.Second

// guests are so many that each host has some, and so few that a room keeps all messages.
const guests = 6

// gather has guests enter a room of their own through the hosts and talk.
func (m *machines) gather(t *testing.T, room string) *crowd {
	t.Helper()
	c := &crowd{t: t, machines: m, quiet: make(chan struct{})}
	var err error
	if c.room, err = name.ParseRoom(room); err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() { leave(); running.Wait() })
	for i := range guests {
		dial := browser(m.web, i)
		web := &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}, Timeout: fixture.HangLimit}
		cookie, err := guest.SignIn(t.Context(), web, site, fmt.Sprint("Guest ", i))
		if err != nil {
			t.Fatal(err)
		}
		p := &person{acked: make(map[string]wire.ID), refused: make(map[wire.Code]int), seen: make([][]wire.Entry, 1)}
		p.Guest, err = guest.New(guest.Options{URL: site, Room: c.room, Cookie: cookie, Dial: dial, AnswerWithin: answerWithin, Hooks: guest.Hooks{
			Acked: func(e guest.Entry, id wire.ID) { p.note(func() { p.acked[e.Text] = id }) },
			Delivered: func(e wire.Entry) {
				p.note(func() { last := len(p.seen) - 1; p.seen[last] = append(p.seen[last], e) })
			},
			Refused: func(_ guest.Entry, code wire.Code) { p.note(func() { p.refused[code]++ }) },
			Gap:     func() { p.note(func() { p.seen = append(p.seen, nil) }) },
		}})
		if err != nil {
			t.Fatal(err)
		}
		c.people = append(c.people, p)
		running.Go(func() { _ = p.Run(ctx) })
		c.talk.Go(func() { c.keepTalking(ctx, i, p) })
	}
	c.goOn("before the fault", 3)
	return c
}

func (p *person) note(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// keepTalking has a person say the next text when the one before is acked. Together they say four
// messages a second, so that a room keeps what they say in four minutes.
func (c *crowd) keepTalking(ctx context.Context, number int, p *person) {
	for guest.Pause(ctx, 1500*time.Millisecond) {
		select {
		case <-c.quiet:
			return
		default:
		}
		if len(p.Unsent()) == 0 {
			p.note(func() { p.said++ })
			p.Say(fmt.Sprintf("%d of guest %d", p.said, number))
		}
	}
}

func (c *crowd) ackedBy(p *person) (n int) {
	p.note(func() { n = len(p.acked) })
	return n
}

// acked is how many messages are acked.
func (c *crowd) acked() (n int) {
	for _, p := range c.people {
		n += c.ackedBy(p)
	}
	return n
}

// goOn waits until each guest has so many more messages acked than now.
func (c *crowd) goOn(what string, more int) {
	c.t.Helper()
	before := make(map[*person]int)
	for _, p := range c.people {
		before[p] = c.ackedBy(p)
	}
	begun := time.Now()
	fixture.Await(c.t, what+": all go on talking", func() bool {
		for _, p := range c.people {
			if c.ackedBy(p) < before[p]+more {
				return false
			}
		}
		return true
	}, c.states)
	c.t.Logf("%s: all go on talking after %v", what, time.Since(begun).Round(10*time.Millisecond))
}

func (c *crowd) states() string {
	var all []string
	for i, p := range c.people {
		all = append(all, fmt.Sprintf("guest %d: %v, %d acked, %d unsent", i, p.State(), c.ackedBy(p), len(p.Unsent())))
	}
	return strings.Join(all, "\n")
}

// end lets all messages be acked and all guests see them, and returns how many acked messages
// are lost and how many gaps were told.
func (c *crowd) end() (lost, gaps int) {
	c.t.Helper()
	close(c.quiet)
	c.talk.Wait()
	var log []wire.Entry
	fixture.Await(c.t, "all messages are acked and seen", func() bool {
		if log = c.machines.entries(c.room); log == nil {
			return false
		}
		for _, p := range c.people {
			arrived := false
			p.note(func() {
				run := p.seen[len(p.seen)-1]
				arrived = len(run) > 0 && run[len(run)-1].ID == log[len(log)-1].ID
			})
			if len(p.Unsent()) > 0 || !arrived {
				return false
			}
		}
		return true
	}, c.states)
	if len(log) >= roomlog.DefaultMaxLen {
		c.t.Fatalf("%d messages are too many to account for", len(log))
	}
	lost, gaps = c.account(log)
	c.t.Logf("%d messages, %d acked, %d of them lost, %d gaps told", len(log), c.acked(), lost, gaps)
	return lost, gaps
}
