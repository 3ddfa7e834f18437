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
	"slices"
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

	mu      sync.Mutex // guards clients while pages are open
	clients []*client

	// Results.
	growth  *growth // nil without --soak
	verdict *verdict
	drained time.Duration // from the last fault until all clients have everything
}

// conduct runs a trial in a stack, prints the results and removes the stack.
func conduct(ctx context.Context, c config, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "chatter")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	o := stack.Options{Dir: filepath.Join(dir, "chaos"), Bin: c.Bin}
	if c.Attack {
		o.Env = []string{"CHATTER_PRESENCE_EVERY=2s"} // The attacks on the index wait for its lists.
	} else {
		// The sockets of the index have one address.
		o.SocketsPerAddress, o.HandshakesPerSecond, o.RequestsPerSecond = 60_000, 60_000, 60_000
	}
	s, err := stack.Start(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			fmt.Fprint(out, stack.LogEnds(s.Dir()))
		}
		err = errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}()
	fmt.Fprintf(out, "seed %d; the stack runs at %s\n", c.Seed, s.URL())
	t := &trial{config: c, stack: s, begun: time.Now()}
	// A sign-in and a page come from another address each time.
	t.web = &http.Client{Timeout: patience, Transport: &http.Transport{DialContext: t.dialFromAnywhere, DisableKeepAlives: true}}
	if t.recorder, err = newRecorder(s.RedisURL(), c.Rooms); err != nil {
		return err
	}
	defer t.recorder.close()
	if err := t.run(ctx); err != nil {
		return err
	}
	if err := t.print(out); !errors.Is(err, errBroken) {
		return err
	}
	path, err := t.writeTranscripts()
	return errors.Join(fmt.Errorf("%w: transcripts are in %s", errBroken, path), err)
}

// run has guests talk or come and go, waits until the site has recovered, and judges the
// histories.
func (t *trial) run(ctx context.Context) (err error) {
	read, stopReading := context.WithCancel(ctx)
	var recording sync.WaitGroup
	recording.Go(func() { t.recorder.run(read) })
	present, leave := context.WithCancel(ctx)
	stop := func() { stopReading(); recording.Wait() }
	defer func() { stop(); leave(); t.pages.Wait() }()

	switch {
	case t.config.Soak:
		err = t.soak(ctx, present)
	case t.config.Attack:
		err = t.talkDuring(ctx, present, t.attack)
	default:
		err = t.talkDuring(ctx, present, t.injectFaults)
	}
	if err != nil {
		return err
	}
	healed := time.Now()
	// The verdict contains the messages that are not acked or seen in time.
	_ = t.until(ctx, "all messages are acked", func() bool { return t.allAcked(healed) })
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
	return nil
}

// talkDuring has all clients talk until harm returns.
func (t *trial) talkDuring(ctx, present context.Context, harm func(context.Context) error) error {
	for i := range t.config.Guests {
		cookie, err := guest.SignIn(ctx, t.web, t.stack.URL(), fmt.Sprintf("Guest %d", i+1))
		if err != nil {
			return err
		}
		if _, err := t.openPage(present, t.enter(i%t.config.Rooms), cookie); err != nil {
			return err
		}
	}
	// wsd does not tell an empty page of a gap, so all clients need a message first.
	if err := t.until(ctx, "all clients are live", t.allLive); err != nil {
		return err
	}
	for _, c := range t.clients[:t.config.Rooms] {
		c.say()
	}
	if err := t.until(ctx, "all clients have a message", t.allGreeted); err != nil {
		return err
	}

	talk, stop := context.WithCancel(ctx)
	defer stop()
	var talking sync.WaitGroup
	for i, c := range t.clients {
		random := t.random(i + 100)
		talking.Go(func() { c.talk(talk, func() time.Duration { return t.interval(random) }) })
	}
	talking.Go(func() { t.welcome(talk) })
	err := harm(ctx)
	stop()
	talking.Wait()
	for _, c := range t.clients {
		c.proxy.heal()
	}
	if err != nil {
		return err
	}
	return t.until(ctx, "all processes run", func() bool {
		status, err := t.stack.Ctl(ctx, "status")
		return err == nil && strings.Count(status, " RUNNING ") == len(stack.Processes)
	})
}

// welcome has newcomers sign in and look at the index and at a room until ctx ends, one after
// the other.
func (t *trial) welcome(ctx context.Context) {
	const every = 100 * time.Millisecond
	for i := 0; guest.Pause(ctx, every); i++ {
		if cookie := t.signIn(ctx, fmt.Sprintf("Newcomer %d", i+1)); cookie != nil {
			_, _ = t.load(ctx, "index/", cookie) // load counts the failures.
			_, _ = t.load(ctx, t.recorder.path(i%t.config.Rooms), cookie)
		}
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

// allAcked reports whether all clients are live, and all that they said before is acked.
func (t *trial) allAcked(before time.Time) bool {
	return t.allLive() && t.all(func(c *client) bool {
		return !slices.ContainsFunc(c.guest.Unsent(), func(e guest.Entry) bool { return e.At.Before(before) })
	})
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
