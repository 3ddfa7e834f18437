package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/run/stack"
)

// patience is for everybody to come in, and for everything to be well again after the
// last fault. It bounds a run that would not end, and judges nothing.
const patience = 2 * time.Minute

// scene is a run with all that takes part.
type scene struct {
	config   config
	stack    *stack.Stack
	faults   *blame
	people   []*person
	recorder *recorder
	viewer   *viewer
}

// storm has guests talk in a stack while faults happen, waits until all is well, and
// tells what it saw.
func storm(ctx context.Context, c config, out io.Writer) (r *report, err error) {
	err = onStage(ctx, c, out, []string{"CHATTER_SAY_RATE=0"}, func(sc *scene) error {
		if err := sc.invite(ctx); err != nil {
			return err
		}
		defer sc.recorder.close()
		r, err = sc.play(ctx)
		return err
	})
	return r, err
}

// onStage starts a stack for play, and leaves nothing of it behind.
func onStage(ctx context.Context, c config, out io.Writer, env []string, play func(*scene) error) (err error) {
	dir, err := os.MkdirTemp("", "chatter")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := stack.Start(ctx, stack.Options{
		Dir: filepath.Join(dir, "chaos"), Bin: c.Bin,
		// All guests have one address.
		SocketsPerAddress: 60_000, HandshakesPerSecond: 60_000,
		Env: env,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop(context.WithoutCancel(ctx))) }()
	fmt.Fprintf(out, "seed %d; the stack runs at %s\n", c.Seed, s.URL())
	if err := play(&scene{config: c, stack: s, faults: new(blame)}); err != nil {
		return fmt.Errorf("%w\n%s", err, stack.LogEnds(s.Dir()))
	}
	return nil
}

// invite signs everybody in.
func (sc *scene) invite(ctx context.Context) error {
	client := &http.Client{Timeout: patience}
	site := sc.stack.URL()
	rooms, err := parseRooms(sc.config.Rooms)
	if err != nil {
		return err
	}
	begun := time.Now()
	for i := range sc.config.Guests {
		cookie, err := guest.SignIn(ctx, client, site, fmt.Sprintf("Guest %d", i+1))
		if err != nil {
			return err
		}
		room := i % len(rooms)
		p := newPerson(i+1, room, sc.faults, begun)
		if err := p.open(site, rooms[room], cookie, wire.ID{}); err != nil {
			return err
		}
		sc.people = append(sc.people, p)
		if i == 0 {
			sc.viewer = &viewer{client: client, cookie: cookie, faults: sc.faults}
			sc.viewer.pages = []string{site + "index/", site + strings.TrimPrefix(rooms[0].Path(), "/")}
		}
	}
	sc.recorder, err = newRecorder(sc.stack.RedisURL(), rooms)
	return err
}

func parseRooms(n int) (rooms []name.Room, err error) {
	for i := range n {
		room, err := name.ParseRoom(fmt.Sprintf("Room %d", i))
		if err != nil {
			return nil, err
		}
		rooms = append(rooms, room)
	}
	return rooms, nil
}

// play runs everything and ends it in the order in which it can be judged.
func (sc *scene) play(ctx context.Context) (*report, error) {
	present, leave := context.WithCancel(ctx)
	var guests, recording sync.WaitGroup
	for _, p := range sc.people {
		guests.Go(func() { p.guest.Run(present) })
	}
	defer guests.Wait()
	defer leave()
	// A page without messages is never told of a gap: nobody may begin with one.
	if err := sc.until(ctx, "everybody is live", sc.allLive); err != nil {
		return nil, err
	}
	for _, p := range sc.people[:sc.config.Rooms] {
		p.say()
	}
	if err := sc.until(ctx, "everybody has a message", sc.allGreeted); err != nil {
		return nil, err
	}

	read, stopReading := context.WithCancel(ctx)
	recording.Go(func() { sc.recorder.run(read) })
	network, err := sc.harm(ctx)
	if err == nil {
		err = sc.until(ctx, "all processes run", sc.allRun)
	}
	healed := time.Now()
	if err == nil {
		// What does not come within the patience is for the judge.
		_ = sc.until(ctx, "everything is acked", sc.allAcked)
	}
	stopReading()
	recording.Wait()
	if err == nil {
		err = sc.until(ctx, "the logs can be read", func() bool { return sc.recorder.read(ctx) == nil })
	}
	if err != nil {
		return nil, err
	}
	_ = sc.until(ctx, "everybody has seen everything", sc.allSeen)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	drained := time.Since(healed)
	leave()
	guests.Wait()
	return &report{
		config: sc.config, people: sc.people, rooms: sc.recorder.rooms,
		verdict: judge(sc.people, sc.recorder.rooms),
		logs:    stack.LogEnds(sc.stack.Dir()),
		views:   sc.viewer.views, faults: sc.faults.all(), network: network, drained: drained,
	}, nil
}

// harm has everybody talk and look around while faults happen, for as long as they are to.
func (sc *scene) harm(ctx context.Context) (network map[string]int, err error) {
	ctx, cancel := context.WithTimeout(ctx, sc.config.Duration)
	defer cancel()
	var running sync.WaitGroup
	for i, p := range sc.people {
		running.Go(func() { p.talk(ctx, newRandom(sc.config.Seed, uint64(i)+100), sc.config.Rate/float64(len(sc.people))) })
	}
	running.Go(func() { sc.viewer.run(ctx) })
	var all []string
	for _, f := range faults {
		all = append(all, f.name)
	}
	running.Go(func() {
		longest := min(40*time.Second, sc.config.Duration/5)
		network = harmNetwork(ctx, sc.people, wanted([]string{kindCut, kindSilence}, sc.config.Faults), longest, newRandom(sc.config.Seed, 1))
	})
	err = harmProcesses(ctx, sc.stack, wanted(all, sc.config.Faults), sc.config.Calm, newRandom(sc.config.Seed, 2), sc.faults)
	if err != nil {
		cancel()
	}
	running.Wait()
	for _, p := range sc.people {
		p.line.heal()
	}
	return network, err
}

func (sc *scene) until(ctx context.Context, what string, so func() bool) error {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !so() {
		if !pause(bounded, 50*time.Millisecond) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("still not so after %v: %s", patience, what)
		}
	}
	return nil
}

func (sc *scene) allLive() bool {
	return sc.every(func(p *person) bool { return p.guest.State() == guest.Live })
}

func (sc *scene) allGreeted() bool {
	return sc.every(func(p *person) bool { return !p.last.Load().IsZero() })
}

func (sc *scene) allAcked() bool {
	return sc.every(func(p *person) bool { return p.guest.Unsent() == 0 && p.guest.State() == guest.Live })
}

func (sc *scene) allSeen() bool {
	return sc.every(func(p *person) bool {
		entries := sc.recorder.rooms[p.room].entries
		return len(entries) == 0 || *p.last.Load() == entries[len(entries)-1].id
	})
}

func (sc *scene) every(so func(*person) bool) bool {
	for _, p := range sc.people {
		if !so(p) {
			return false
		}
	}
	return true
}

func (sc *scene) allRun() bool {
	status, err := sc.stack.Ctl(context.Background(), "status")
	return err == nil && strings.Count(status, " RUNNING ") == len(stack.Processes)
}

// newRandom is one of the sources of chance that a seed has: each user's own, so that the
// order in which they come does not matter.
func newRandom(seed, stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }
