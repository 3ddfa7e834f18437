package main

import (
	"fmt"
	"time"

	"chatter/supervisor/bench/swarm"
)

// beside measures what members who do not read, read slowly or leave change for the
// others: the busy room again, beside the same without them.
func beside(l lab, c config) ([]row, error) {
	w := busy
	if c.Quick {
		w.messages /= 8
	}
	kinds := []struct {
		name string
		join func(t *talk) (begun func(), err error)
	}{
		{"nobody", nil},
		{"one that reads nothing", asleep},
		{"one on 10 kB/s", slow},
		{"a thousand that leave at once", leaving},
	}
	cpu := make([][]float64, len(kinds))
	for range c.Runs {
		for i, kind := range kinds {
			r, err := l.startChatter(with{})
			if err != nil {
				return nil, err
			}
			w.beside = kind.join
			s, err := w.run(r)
			r.stop()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", kind.name, err)
			}
			cpu[i] = append(cpu[i], float64(s.CPU)/float64(time.Microsecond))
		}
	}
	var rows []row
	for i, kind := range kinds[1:] {
		rows = append(rows, row{Measure: "the busy room beside " + kind.name + ": CPU a delivery", Unit: "µs",
			Floor: median(cpu[0]), Chatter: median(cpu[i+1]), Asked: 1.1, Note: "the floor is Chatter without"})
	}
	return rows, nil
}

// nowhere is the room of clients who do not count.
const nowhere = -1

func (t *talk) stranger() (*swarm.Client, error) {
	o, err := t.rig.servers[0].Open(t.rig.path(0))
	if err != nil {
		return nil, err
	}
	return t.swarm.Add(o, nowhere)
}

func asleep(t *talk) (func(), error) {
	c, err := t.stranger()
	if err != nil {
		return nil, err
	}
	return func() {}, t.swarm.Pause(c)
}

func slow(t *talk) (func(), error) {
	o, err := t.rig.servers[0].Open(t.rig.path(0))
	if err != nil {
		return nil, err
	}
	const tick = 100 * time.Millisecond
	go o.Sip(10_000/int(time.Second/tick), tick)
	return func() {}, nil
}

func leaving(t *talk) (func(), error) {
	var strangers []*swarm.Client
	for range 1000 {
		c, err := t.stranger()
		if err != nil {
			return nil, err
		}
		strangers = append(strangers, c)
	}
	return func() {
		for _, c := range strangers {
			t.swarm.Drop(c)
		}
	}, nil
}
