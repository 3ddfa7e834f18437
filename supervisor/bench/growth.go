package main

import (
	"bytes"
	"fmt"
	"slices"
	"time"
)

// growth measures one message at a time in rooms of growing size, and among growing
// numbers of rooms, and joins of rooms of growing size: each should cost the same in all.
func growth(l lab, c config) ([]row, error) {
	// Each first: the measure of the others.
	sizes, counts, joined := []int{1000, 100, 10_000}, []int{500, 10, 5000}, []int{100, 10_000}
	deliveries, joins, whole := 300_000, 4000, 3*time.Second
	if c.Quick {
		sizes[2], counts[2], joined[1] = 5000, 2500, 2500
		deliveries, joins, whole = 100_000, 1000, time.Second
	}
	grown := func(what string, values []int, measure func(n int) (sample, error)) ([]row, error) {
		cpu := make([][]float64, len(values))
		for range c.Runs {
			for i, n := range values {
				s, err := measure(n)
				if err != nil {
					return nil, fmt.Errorf("%d: %w", n, err)
				}
				cpu[i] = append(cpu[i], float64(s.CPU)/float64(time.Microsecond))
			}
		}
		var rows []row
		for i, n := range values[1:] {
			rows = append(rows, row{Measure: fmt.Sprintf(what, n), Unit: "µs", Floor: median(cpu[0]), Chatter: median(cpu[i+1]), Asked: 1.2,
				Note: fmt.Sprintf("the floor is Chatter with %d", values[0])})
		}
		return rows, nil
	}
	on := func(how with, measure func(*rig) (sample, error)) (sample, error) {
		r, err := l.startChatter(how)
		if err != nil {
			return sample{}, err
		}
		defer r.stop()
		return measure(r)
	}
	oneRoom, err := grown("1 room × %d, 1 in flight: CPU a delivery", sizes, func(n int) (sample, error) {
		return on(with{}, crowd{members: n, flying: 1, batch: 1, messages: deliveries / n}.run)
	})
	if err != nil {
		return nil, err
	}
	many := func(rooms, members int) func(*rig) (sample, error) {
		return func(r *rig) (s sample, err error) {
			t, err := openTalk(r, rooms, members, 1)
			if err != nil {
				return s, err
			}
			defer t.close()
			m, err := t.measure()
			if err != nil {
				return s, err
			}
			if err := t.paced(1000, whole); err != nil {
				return s, err
			}
			if s, err = m.read(); err != nil {
				return s, err
			}
			return s, t.check()
		}
	}
	manyRooms, err := grown("%d rooms × 2, 1000 a second: CPU a delivery", counts, func(n int) (sample, error) {
		return on(with{}, many(n, 2))
	})
	if err != nil {
		return nil, err
	}
	joining, err := grown("a join of a room of %d: CPU, with the leave", joined, func(n int) (sample, error) {
		return on(with{}, func(r *rig) (sample, error) { return comeAndGo(r, n, joins) })
	})
	if err != nil {
		return nil, err
	}
	processes, err := grown("500 rooms × 10 on %d wsd: CPU a delivery", []int{1, 2}, func(n int) (sample, error) {
		return on(with{wsd: n}, many(500, 10))
	})
	for i := range processes {
		processes[i].Asked, processes[i].Note = 2, "the floor is Chatter with one; a second is woken for every message"
	}
	return slices.Concat(oneRoom, manyRooms, joining, processes), err
}

// comeAndGo measures guests who join a room of so many members, one after the other, and
// leave as soon as they are live. Its CPU is that of one of them.
func comeAndGo(r *rig, members, joins int) (s sample, err error) {
	t, err := openTalk(r, 1, members, 1)
	if err != nil {
		return s, err
	}
	defer t.close()
	before, err := r.cpu()
	if err != nil {
		return s, err
	}
	for range joins {
		o, err := r.servers[0].Open(r.path(0))
		if err != nil {
			return s, err
		}
		err = o.Await(time.Minute, func(payload []byte) bool { return bytes.HasPrefix(payload, liveEvent) })
		o.Close()
		if err != nil {
			return s, err
		}
	}
	after, err := r.cpu()
	return sample{CPU: (after - before) / time.Duration(joins)}, err
}
