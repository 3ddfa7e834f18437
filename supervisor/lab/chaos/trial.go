package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"chatter/supervisor/lab/guest"
	"chatter/supervisor/run/stack"
)

// patience bounds the wait for all clients to connect, and for the recovery after the last
// fault. It bounds a run that would not end, and is no part of the verdict.
const patience = 2 * time.Minute

// trial is one run: a stack, its clients, and the records of both.
type trial struct {
	config   config
	stack    *stack.Stack
	web      *http.Client
	dialled  atomic.Int64 // connections of web
	begun    time.Time
	faults   faultLog
	recorder *recorder
	pages    sync.WaitGroup // open pages

	mu      sync.Mutex // guards the next two while pages are open
	clients []*client
	views   map[string]map[string]int // requests for pages, by kind of fault and by outcome

	// Results.
	network map[string]int // injected network faults, by kind
	usage   *usage         // nil without --soak
	verdict *verdict
	drained time.Duration // from the last fault until all clients have everything
	logs    string        // ends of the logs of the processes
}

// conduct runs a trial in a stack and removes the stack.
func conduct(ctx context.Context, c config, out io.Writer) (t *trial, err error) {
	dir, err := os.MkdirTemp("", "chatter")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	// The sockets of the index have one address.
	o := stack.Options{Dir: filepath.Join(dir, "chaos"), Bin: c.Bin, SocketsPerAddress: 60_000, HandshakesPerSecond: 60_000, RequestsPerSecond: 60_000}
	s, err := stack.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Stop(context.WithoutCancel(ctx))) }()
	fmt.Fprintf(out, "seed %d; the stack runs at %s\n", c.Seed, s.URL())
	t = &trial{config: c, stack: s, begun: time.Now(), views: make(map[string]map[string]int)}
	// A sign-in and a page come from another address each time.
	t.web = &http.Client{Timeout: patience, Transport: &http.Transport{DialContext: t.dialFromAnywhere, DisableKeepAlives: true}}
	if t.recorder, err = newRecorder(s.RedisURL(), c.Rooms); err != nil {
		return nil, err
	}
	defer t.recorder.close()
	if err := t.run(ctx); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, stack.LogEnds(s.Dir()))
	}
	return t, nil
}

// run injects faults, or has guests come and go, then waits until the site has recovered and
// judges the histories.
func (t *trial) run(ctx context.Context) error {
	read, stopReading := context.WithCancel(ctx)
	var recording sync.WaitGroup
	recording.Go(func() { t.recorder.run(read) })
	present, leave := context.WithCancel(ctx)
	stop := func() { stopReading(); recording.Wait() }
	defer func() { stop(); leave(); t.pages.Wait() }()

	play := t.injectFaults
	if t.config.Soak {
		play = t.soak
	}
	if err := play(ctx, present); err != nil {
		return err
	}
	healed := time.Now()
	// The verdict contains the messages that are not acked or seen in time.
	_ = t.until(ctx, "all messages are acked", t.allAcked)
	stop()
	if err := t.until(ctx, "the logs can be read", func() bool { return t.recorder.read(ctx) == nil }); err != nil {
		return err
	}
	_ = t.until(ctx, "all clients have all messages", t.allSeen)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	t.drained = time.Since(healed)
	leave()
	t.pages.Wait()
	t.verdict = judge(t.clients, t.recorder.rooms)
	t.logs = stack.LogEnds(t.stack.Dir())
	return nil
}

// injectFaults has all clients talk while faults happen, for the time of the trial.
func (t *trial) injectFaults(whole, present context.Context) error {
	var cookie *http.Cookie
	for i := range t.config.Guests {
		var err error
		if cookie, err = guest.SignIn(whole, t.web, t.stack.URL(), fmt.Sprintf("Guest %d", i+1)); err != nil {
			return err
		}
		if _, err := t.openPage(present, t.enter(i%t.config.Rooms), cookie); err != nil {
			return err
		}
	}
	// wsd does not tell an empty page of a gap, so all clients need a message first.
	if err := t.until(whole, "all clients are live", t.allLive); err != nil {
		return err
	}
	for _, c := range t.clients[:t.config.Rooms] {
		c.say()
	}
	if err := t.until(whole, "all clients have a message", t.allGreeted); err != nil {
		return err
	}

	ctx, cancel := context.WithTimeout(whole, t.config.Duration)
	defer cancel()
	var running sync.WaitGroup
	for i, c := range t.clients {
		running.Go(func() { c.talk(ctx, t.random(i+100), t.config.Rate/float64(t.config.Guests)) })
	}
	running.Go(func() { t.requestPages(ctx, cookie) })
	running.Go(func() { t.harmNetwork(ctx, t.random(1)) })
	err := t.harmProcesses(ctx, t.random(2))
	if err != nil {
		cancel()
	}
	running.Wait()
	for _, c := range t.clients {
		c.proxy.heal()
	}
	if err != nil {
		return err
	}
	return t.until(whole, "all processes run", func() bool {
		status, err := t.stack.Ctl(whole, "status")
		return err == nil && strings.Count(status, " RUNNING ") == len(stack.Processes)
	})
}

// requestPages requests the index and a room by turns until ctx ends.
func (t *trial) requestPages(ctx context.Context, cookie *http.Cookie) {
	const every = 25 * time.Millisecond // a few dozen a second are many for as many guests
	pages := []string{"index/", strings.TrimPrefix(t.recorder.rooms[0].room.Path(), "/")}
	for i := 0; guest.Pause(ctx, every); i++ {
		_, _ = t.load(ctx, pages[i%len(pages)], cookie) // load counts the failures.
	}
}

// dialFromAnywhere opens a connection from one address after the other.
func (t *trial) dialFromAnywhere(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{LocalAddr: addressOf(int(t.dialled.Add(1)))}
	return d.DialContext(ctx, network, addr)
}

// until waits for a condition.
func (t *trial) until(ctx context.Context, what string, holds func() bool) error {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !stack.Poll(bounded, holds) && ctx.Err() == nil {
		return fmt.Errorf("not true after %v: %s", patience, what)
	}
	return ctx.Err()
}

func (t *trial) allLive() bool {
	return t.all(func(c *client) bool { return c.guest.State() == guest.Live })
}

func (t *trial) allGreeted() bool {
	return t.all(func(c *client) bool { return !c.last.Load().IsZero() })
}

func (t *trial) allAcked() bool {
	return t.allLive() && t.all(func(c *client) bool { return len(c.guest.Unsent()) == 0 })
}

func (t *trial) allSeen() bool {
	return t.all(func(c *client) bool {
		entries := t.recorder.rooms[c.room].entries
		return len(entries) == 0 || *c.last.Load() == entries[len(entries)-1].id
	})
}

// all reports whether a condition holds for all clients that have not left.
func (t *trial) all(holds func(*client) bool) bool {
	for _, c := range t.clients {
		if !c.left && !holds(c) {
			return false
		}
	}
	return true
}

// random returns one of the seed's random sources. Each goroutine has its own, so that their
// order does not matter.
func (t *trial) random(stream int) *rand.Rand {
	return rand.New(rand.NewPCG(t.config.Seed, uint64(stream)))
}
