package main

import (
	"bytes"
	"fmt"
	"time"
)

// growth measures one message at a time in rooms of growing size, and among growing
// numbers of rooms, and joins of rooms of growing size: each should cost the same in all.
func growth(l lab, c config) ([]row, error) {
	// Each first: the measure of the others.
	sizes, counts, joined := []int{1000, 100, 10_000}, []int{500, 10, 5000}, []int{100, 10_000}
	deliveries, joins, whole, perRoom := 200_000, 2000, 2*time.Second, 10
	if c.Quick {
		sizes[2], counts, joined[1] = 3000, []int{200, 10, 2000}, 2000
		deliveries, joins, whole, perRoom = 30_000, 500, time.Second/2, 3
	}
	inSize, err := l.grown(c, sizes, true, func(n int) (with, func(*rig) (sample, error)) {
		return with{}, crowd{members: n, flying: 1, batch: 1, messages: deliveries / n}.run
	})
	if err != nil {
		return nil, err
	}
	inCount, err := l.grown(c, counts, false, func(n int) (with, func(*rig) (sample, error)) {
		return with{}, calm{n, 2, 1000, whole}.run
	})
	if err != nil {
		return nil, err
	}
	inJoins, err := l.grown(c, joined, false, func(n int) (with, func(*rig) (sample, error)) {
		return with{}, func(r *rig) (sample, error) { return comeAndGo(r, n, joins) }
	})
	if err != nil {
		return nil, err
	}
	inProcesses, err := l.grown(c, []int{1, 2}, false, func(n int) (with, func(*rig) (sample, error)) {
		return with{wsd: n}, calm{500, perRoom, 1000, whole}.run
	})
	if err != nil {
		return nil, err
	}
	const beside = "; the floor is Chatter with %d"
	var rows []row
	for i, n := range sizes {
		s := inSize[i]
		rows = append(rows, deliveryRow(fmt.Sprintf("1 room × %d, 1 in flight: ", n), s.floor, s.chatter, 0))
		over := median(each(s.chatter, cpu)) - median(each(s.floor, cpu))
		rows[i].Note += fmt.Sprintf("; %.3g a message over the floor", over*float64(n))
	}
	for i, n := range sizes[1:] {
		r := deliveryRow(fmt.Sprintf("1 room × %d beside one of %d: ", n, sizes[0]), inSize[0].chatter, inSize[i+1].chatter, flat)
		if base, size := inSize[0], inSize[i+1]; n < sizes[0] {
			// What a message costs but once weighs more where it goes to fewer.
			r.Note += fmt.Sprintf("; %.2g × without Redis", (median(each(size.chatter, cpu))-median(each(size.chatter, redis)))/
				(median(each(base.chatter, cpu))-median(each(base.chatter, redis))))
		}
		rows = append(rows, r)
	}
	for i, n := range counts[1:] {
		r := deliveryRow(fmt.Sprintf("%d rooms × 2, 1000 a second: ", n), inCount[0].chatter, inCount[i+1].chatter, flat)
		r.Note += fmt.Sprintf(beside, counts[0])
		rows = append(rows, r)
	}
	rows = append(rows, row{
		Measure: fmt.Sprintf("a join of a room of %d: CPU, with the leave", joined[1]), Unit: "µs",
		Floor: each(inJoins[0].chatter, cpu), Chatter: each(inJoins[1].chatter, cpu), Asked: flat, Aim: true,
		Note: fmt.Sprintf(beside, joined[0])[2:],
	})
	two := deliveryRow(fmt.Sprintf("500 rooms × %d on 2 wsd: ", perRoom), inProcesses[0].chatter, inProcesses[1].chatter, 2)
	two.Aim, two.Note = true, two.Note+"; the floor is Chatter with one: a second is woken for every message"
	return append(rows, two), nil
}

// flat is how much more anything may cost where there is more of it.
const flat = 1.2

// grownTo is what was measured at one size.
type grownTo struct{ floor, chatter []sample }

// grown measures Chatter at each of sizes in turn, with floors of each size if there is
// to be one.
func (l lab) grown(c config, sizes []int, floors bool, at func(n int) (with, func(*rig) (sample, error))) ([]grownTo, error) {
	grown := make([]grownTo, len(sizes))
	for range c.Runs {
		for i, n := range sizes {
			how, measure := at(n)
			if floors {
				s, err := l.onFloor(1, measure)
				if err != nil {
					return nil, fmt.Errorf("%d: %w", n, err)
				}
				grown[i].floor = append(grown[i].floor, s)
			}
			s, err := l.onChatter(how, measure)
			if err != nil {
				return nil, fmt.Errorf("%d: %w", n, err)
			}
			grown[i].chatter = append(grown[i].chatter, s)
		}
	}
	return grown, nil
}

// comeAndGo measures guests who join a room of so many members, one after the other, and
// leave as soon as they are live. Its CPU is that of one of them.
func comeAndGo(r *rig, members, joins int) (s sample, err error) {
	t, err := openTalk(r, 1, members, 1)
	if err != nil {
		return s, err
	}
	defer t.close()
	isLive := func(payload []byte) bool { return bytes.HasPrefix(payload, liveEvent) }
	before, err := r.cpu()
	if err != nil {
		return s, err
	}
	for range joins {
		o, err := r.servers[0].Open(r.ctx, r.path(0))
		if err != nil {
			return s, err
		}
		err = o.Await(r.ctx, time.Minute, isLive)
		o.Close()
		if err != nil {
			return s, err
		}
	}
	after, err := r.cpu()
	return sample{CPU: (after - before) / time.Duration(joins)}, err
}
