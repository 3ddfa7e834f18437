package main

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"time"

	"chatter/shared/wire"
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
	return []row{{Measure: what, Unit: "s", Floor: median(floor), Chatter: median(chatter), Asked: 1.6,
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
	// Everybody has the first message, and is to miss the second.
	const said = 2
	if !floor {
		for range said {
			if err := t.paced(1000, time.Duration(rooms)*time.Millisecond); err != nil {
				t.close()
				return 0, err
			}
		}
		if err := t.check(); err != nil {
			t.close()
			return 0, err
		}
	}
	t.close()

	begun := time.Now()
	r.front[0].kill()
	if r.front[0], err = r.again(); err != nil {
		return 0, err
	}
	var returned []swarm.Opened
	defer func() {
		for _, o := range returned {
			o.Close()
		}
	}()
	var missing atomic.Int64
	err = swarm.OpenAll(rooms*members, true, begun.Add(time.Minute), func(i int) (swarm.Opened, error) {
		if floor {
			return r.servers[0].Open(r.path(i % rooms))
		}
		o, err := r.servers[0].Open(r.pathSince(i%rooms, t.rooms[i%rooms].said[0].id().String()))
		if err != nil {
			return o, err
		}
		got := 0
		err = o.Await(time.Minute, func(payload []byte) bool {
			if bytes.Equal(payload, t.rooms[i%rooms].said[1].payload) {
				got++
			}
			return bytes.HasPrefix(payload, liveEvent)
		})
		if err == nil && got != 1 {
			missing.Add(1)
		}
		if err != nil {
			o.Close()
		}
		return o, err
	}, func(_ int, o swarm.Opened) error {
		returned = append(returned, o)
		return nil
	})
	seconds = time.Since(begun).Seconds()
	if n := missing.Load(); n > 0 {
		err = fmt.Errorf("%d have not got the message that they missed once", n)
	}
	return seconds, err
}

// id is the message's ID, zero when it has none.
func (s said) id() wire.ID {
	e, err := wire.ParseEvent(s.payload)
	if err != nil {
		return wire.ID{}
	}
	return e.ID
}
