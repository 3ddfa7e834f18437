package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"chatter/supervisor/bench/swarm"
)

// beside measures what members who do not read, read slowly or leave change for the
// others: the busy room again, beside the same room without them.
func beside(l lab, c config) ([]row, error) {
	w := busy
	if c.Quick {
		w.messages /= 4
	}
	kinds := []kind{
		{"one that reads nothing", asleep, w.messages / 4, 4},
		{"one on 10 kB/s", slow, w.messages / 4, 4},
		// To leave costs once: what it costs is asked of a whole W1.
		{"a thousand that leave at once", leaving, w.messages, 2},
	}
	if c.Quick {
		kinds[0].pairs, kinds[1].pairs, kinds[2].pairs = 2, 2, 1
	}
	found := make([]pairs, len(kinds))
	// One server for all: two that were started one after the other differ by as much as
	// is asked.
	all := func(r *rig) (_ sample, err error) {
		t, err := openTalk(r, 1, w.members, 1)
		if err != nil {
			return sample{}, err
		}
		defer t.close()
		if _, err := beNeighbours(t, nobody, w.messages); err != nil {
			return sample{}, err // a server that has just started is slower
		}
		for i, k := range kinds {
			for n := range k.pairs {
				if err := k.measure(t, n%2 == 0, &found[i]); err != nil {
					return sample{}, fmt.Errorf("%s: %w", k.name, err)
				}
			}
		}
		return sample{}, t.check()
	}
	for range c.Runs {
		if _, err := l.onChatter(with{}, all); err != nil {
			return nil, err
		}
	}
	var rows []row
	p99 := func(s sample) float64 { return s.P99.Seconds() * 1000 }
	for i, k := range kinds {
		what, f := "the busy room beside "+k.name+": ", found[i]
		costs := deliveryRow(what, f.without, f.with, 1.1)
		costs.Note = fmt.Sprintf("the floor is Chatter without, %d times in turn", len(f.with))
		rows = append(rows, costs,
			row{Measure: what + "p99", Unit: "ms", Floor: each(f.without, p99), Chatter: each(f.with, p99), Asked: 1.1},
			row{Measure: what + "messages a second", Unit: "1/s", Floor: each(f.without, sample.perSecond), Chatter: each(f.with, sample.perSecond), Asked: 0.9, AtLeast: true})
	}
	return rows, nil
}

// kind is how the neighbours behave. One measurement is short, so that many find room: a
// machine that others use too differs from one moment to the next by more than is asked.
type kind struct {
	name     string
	join     func(context.Context, *talk) (neighbours, error)
	messages int // of one measurement
	pairs    int // of measurements on one server
}

// pairs are measurements with neighbours and without, one just before or after the other.
type pairs struct{ with, without []sample }

func (k kind) measure(t *talk, first bool, found *pairs) (err error) {
	for _, alone := range []bool{!first, first} {
		to, join := &found.with, k.join
		if alone {
			to, join = &found.without, nobody
		}
		s, err := beNeighbours(t, join, k.messages)
		if err != nil {
			return err
		}
		*to = append(*to, s)
	}
	return nil
}

// neighbours are who else is in the room.
type neighbours struct {
	ready func() bool              // whether they are what they should be after so much; nil for yes
	begin func()                   // what they do when the measurement begins; nil for nothing
	held  func(messages int) error // says after so many whether they still were; nil for yes
	end   func()                   // has them leave; nil for those who have left
}

// beNeighbours is what so many messages cost the room's members beside those that join.
func beNeighbours(t *talk, join func(context.Context, *talk) (neighbours, error), messages int) (s sample, err error) {
	ctx, stop := context.WithCancel(t.rig.ctx)
	defer stop()
	n, err := join(ctx, t)
	if err != nil {
		return s, err
	}
	for ready, tries := false, 0; !ready; tries++ {
		if tries == 20 {
			return s, errors.New("who reads nothing is written to without an end")
		}
		if err := t.inFlight(busy.flying, senders, 600); err != nil {
			return s, err
		}
		ready = n.ready == nil || n.ready()
	}
	s, err = t.measured(func() error {
		if n.begin != nil {
			n.begin()
		}
		return t.inFlight(busy.flying, senders, messages)
	})
	if err == nil && n.held != nil {
		err = n.held(messages)
	}
	if n.end != nil {
		n.end()
	}
	return s, err
}

// nowhere is the room of clients who do not count.
const nowhere = -1

// afar is the server for somebody on a network.
func (t *talk) afar() swarm.Server {
	v := t.rig.servers[0]
	v.Afar = true
	return v
}

func nobody(context.Context, *talk) (neighbours, error) { return neighbours{}, nil }

func asleep(ctx context.Context, t *talk) (n neighbours, err error) {
	o, err := t.afar().Open(ctx, t.rig.path(0))
	if err != nil {
		return n, err
	}
	c, err := t.swarm.Add(o, nowhere)
	if err != nil {
		return n, err
	}
	n.end = func() { t.swarm.Drop(c) }
	if err := t.swarm.Pause(c); err != nil {
		return n, err
	}
	piled := 0
	more := func() (bytes int) {
		bytes, piled = c.Unread()-piled, c.Unread()
		return bytes
	}
	// As much has piled up as the sockets take.
	n.ready = func() bool { return more() == 0 }
	n.held = func(messages int) error {
		if bytes := more(); bytes > messages*len(floorFrame())/10 {
			return fmt.Errorf("the one that reads nothing was written %d bytes", bytes)
		}
		return nil
	}
	return n, nil
}

func slow(ctx context.Context, t *talk) (n neighbours, err error) {
	o, err := t.afar().Open(ctx, t.rig.path(0))
	if err != nil {
		return n, err
	}
	const tick = 100 * time.Millisecond
	go o.Sip(ctx, 10_000/int(time.Second/tick), tick)
	return n, nil
}

func leaving(ctx context.Context, t *talk) (n neighbours, err error) {
	const many = 1000
	var strangers []*swarm.Client
	err = swarm.OpenAll(ctx, many, false, time.Time{}, func(int) (swarm.Opened, error) {
		return t.rig.servers[0].Open(ctx, t.rig.path(0))
	}, func(_ int, o swarm.Opened) error {
		c, err := t.swarm.Add(o, nowhere)
		strangers = append(strangers, c)
		return err
	})
	if err != nil {
		return n, err
	}
	n.begin = func() {
		for _, c := range strangers {
			t.swarm.Drop(c)
		}
	}
	return n, t.settle(many)
}
