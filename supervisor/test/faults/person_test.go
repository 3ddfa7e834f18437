package faults_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"chatter/shared/name"
	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/test/fixture"
)

// person is a guest and what it has seen since it came or was told of a gap.
type person struct {
	*guest.Guest
	mu      sync.Mutex
	entries []wire.Entry
	gaps    int
	cuts    int     // sockets that ended
	refused []error // handshakes
	codes   map[wire.Code]int
}

// join has a guest in a room until the test ends.
func (w *site) join(room string) *person {
	w.t.Helper()
	r, err := name.ParseRoom(room)
	if err != nil {
		w.t.Fatal(err)
	}
	p := &person{codes: make(map[wire.Code]int)}
	p.Guest, err = guest.New(guest.Options{URL: w.URL(), Room: r, Cookie: w.cookie, AnswerWithin: fixture.HangLimit, Hooks: guest.Hooks{
		Delivered: func(m wire.Entry) {
			p.note(func() { p.entries = append(p.entries, m) })
		},
		Gap:     func() { p.note(func() { p.gaps, p.entries = p.gaps+1, nil }) },
		Refused: func(_ guest.Entry, code wire.Code) { p.note(func() { p.codes[code]++ }) },
		Ended: func(err error) {
			p.note(func() { p.cuts++ })
			var refused *guest.StatusError
			if errors.As(err, &refused) {
				p.note(func() { p.refused = append(p.refused, err) })
			}
		},
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.Run(ctx); err != nil {
			w.t.Errorf("a guest gave up: %v", err)
		}
	})
	w.t.Cleanup(func() { cancel(); running.Wait() })
	fixture.Await(w.t, "a guest is live", func() bool { return p.State() == guest.Live }, func() string { return "it is " + p.State().String() })
	return p
}

func (p *person) note(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func (p *person) ended() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

// told is what a failed test needs to know of it.
func (p *person) told() string {
	state := p.State() // A hook locks in the other order.
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf("it is %v, has %v, %d gaps, %d ends, refusals %v", state, p.entries, p.gaps, p.cuts, p.codes)
}

// refusals is how often its messages were refused with a code.
func (p *person) refusals(code wire.Code) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.codes[code]
}

// sees reports whether what it has seen is the log.
func (p *person) sees(log []wire.Entry) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Equal(p.entries, log)
}

func (p *person) has(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.entries, func(e wire.Entry) bool { return e.Text == text })
}

// talk has what p says go through to all.
func (w *site) talk(p *person, text string, all ...*person) {
	w.t.Helper()
	p.Say(text)
	for i, other := range all {
		fixture.Await(w.t, fmt.Sprintf("guest %d has %q", i, text), func() bool { return other.has(text) }, other.told)
	}
	fixture.Await(w.t, "it is acked", func() bool { return len(p.Unsent()) == 0 })
}
