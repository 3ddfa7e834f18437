package main

import (
	"fmt"
	"time"
)

// idleSockets measures what it costs to let a socket in, and to keep it.
func idleSockets(l lab, c config) ([]row, error) {
	sockets, rooms := 10_000, 1000
	if c.Quick {
		sockets, rooms = 2000, 200
	}
	var kept, shaken struct{ floor, chatter []float64 }
	for range c.Runs {
		for _, floor := range []bool{true, false} {
			memory, cpu, err := hold(l, floor, sockets, rooms)
			if err != nil {
				return nil, err
			}
			if floor {
				kept.floor, shaken.floor = append(kept.floor, memory), append(shaken.floor, cpu)
			} else {
				kept.chatter, shaken.chatter = append(kept.chatter, memory), append(shaken.chatter, cpu)
			}
		}
	}
	what := fmt.Sprintf("%d idle sockets in %d rooms: ", sockets, rooms)
	return []row{
		{Measure: what + "memory of one", Unit: "KiB", Chatter: median(kept.chatter), Asked: 8, Note: fmt.Sprintf("a floor's %.2g", median(kept.floor))},
		{Measure: what + "CPU a handshake", Unit: "µs", Floor: median(shaken.floor), Chatter: median(shaken.chatter), Asked: 4},
	}, nil
}

// settle is how long a server that has let thousands in gets to give memory back.
const settle = 3 * time.Second

// hold opens sockets that say nothing, and returns what the server's memory grew by for
// each, in KiB, and the processor time of each handshake, in microseconds.
func hold(l lab, floor bool, sockets, rooms int) (memory, cpu float64, err error) {
	var r *rig
	if floor {
		r, err = l.startFloor("rooms", 1)
	} else {
		r, err = l.startChatter(with{})
	}
	if err != nil {
		return 0, 0, err
	}
	defer r.stop()
	pid := r.front[0].pid
	empty, err := memoryOf(pid)
	if err != nil {
		return 0, 0, err
	}
	before, err := r.cpu()
	if err != nil {
		return 0, 0, err
	}
	t, err := openTalk(r, rooms, sockets/rooms, 1)
	if err != nil {
		return 0, 0, err
	}
	defer t.close()
	after, err := r.cpu()
	if err != nil {
		return 0, 0, err
	}
	// Pings are answered meanwhile.
	begun := time.Now()
	t.swarm.Tick = func() {}
	if err := t.swarm.Every(settle / 10); err != nil {
		return 0, 0, err
	}
	if err := t.run(settle+time.Minute, func() bool { return time.Since(begun) > settle }); err != nil {
		return 0, 0, err
	}
	full, err := memoryOf(pid)
	if err != nil {
		return 0, 0, err
	}
	n := float64(sockets)
	return float64(full-empty) / 1024 / n, float64(after-before) / float64(time.Microsecond) / n, nil
}
