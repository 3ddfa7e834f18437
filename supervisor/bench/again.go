package main

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"chatter/supervisor/bench/swarm"
)

// comeBack measures how long it takes until everybody is back after a kill -9. The server
// is started again at once, on the listening socket that it had, and everybody tries at
// once, a hundred at a time.
func comeBack(l lab, c config) ([]row, error) {
	rooms, members := 500, 10
	if c.Quick {
		rooms = 100
	}
	var floor, chatter []float64
	for range c.Runs {
		seconds, err := killed(l, true, rooms, members)
		if err != nil {
			return nil, fmt.Errorf("floor: %w", err)
		}
		floor = append(floor, seconds)
		if seconds, err = killed(l, false, rooms, members); err != nil {
			return nil, err
		}
		chatter = append(chatter, seconds)
	}
	what := fmt.Sprintf("%d sockets, kill -9: until all are back", rooms*members)
	return []row{{Measure: what, Unit: "s", Floor: floor, Chatter: chatter, Asked: 1.6,
		Note: "each with its own cursor and a message that it missed; a floor's have none"}}, nil
}

func killed(l lab, floor bool, rooms, members int) (seconds float64, err error) {
	var r *rig
	if floor {
		r, err = l.startFloor("rooms", 1)
	} else {
		r, err = l.startChatter(with{})
	}
	if err != nil {
		return 0, err
	}
	defer func() { r.stop() }()
	t, err := openTalk(r, rooms, members, 1)
	if err != nil {
		return 0, err
	}
	if err := t.sayMissed(); err != nil {
		t.close()
		return 0, err
	}

	begun := time.Now()
	r.front[0].kill()
	r.front[0], err = r.again()
	t.close() // who has lost the connection lets go of it, and tries again
	if err != nil {
		return 0, err
	}
	var returned []swarm.Opened
	defer func() {
		for _, o := range returned {
			o.Close()
		}
	}()
	var lost, doubled atomic.Int64
	err = swarm.OpenAll(r.ctx, rooms*members, true, begun.Add(time.Minute), func(i int) (swarm.Opened, error) {
		if floor {
			return r.servers[0].Open(r.ctx, r.path(i%rooms))
		}
		said := t.rooms[i%rooms].said
		o, err := r.servers[0].Open(r.ctx, r.pathSince(i%rooms, said[0].id().String()))
		if err != nil {
			return o, err
		}
		b, err := awaitMissed(r.ctx, o, said)
		if err != nil {
			o.Close()
			return o, err
		}
		lost.Add(int64(b.lost))
		doubled.Add(int64(b.doubled))
		return o, nil
	}, func(_ int, o swarm.Opened) error {
		returned = append(returned, o)
		return nil
	})
	seconds = time.Since(begun).Seconds()
	if l.checked != nil {
		l.checked.add(faults{Lost: int(lost.Load()), Doubled: int(doubled.Load())})
	}
	if err == nil && lost.Load()+doubled.Load() > 0 {
		err = fmt.Errorf("who came back lost %d messages and got %d twice", lost.Load(), doubled.Load())
	}
	return seconds, err
}

// sayMissed has two messages said in each room: everybody is to come back with the first,
// and to get the second.
func (t *talk) sayMissed() error {
	if t.rig.floor {
		return nil
	}
	const said = 2
	for range said {
		if err := t.paced(1000, time.Duration(len(t.rooms))*time.Millisecond); err != nil {
			return err
		}
	}
	return t.check()
}

// back is what somebody who came back has lost, and got twice.
type back struct{ lost, doubled int }

// awaitMissed reads until o is live again. It had the first of said, and not the others.
func awaitMissed(ctx context.Context, o swarm.Opened, said []said) (b back, err error) {
	got := make([]int, len(said))
	got[0] = 1
	err = o.Await(ctx, time.Minute, func(payload []byte) bool {
		for i := range said {
			if bytes.Equal(payload, said[i].payload) {
				got[i]++
			}
		}
		return bytes.HasPrefix(payload, liveEvent)
	})
	for _, n := range got {
		b.lost += max(1-n, 0)
		b.doubled += max(n-1, 0)
	}
	return b, err
}
