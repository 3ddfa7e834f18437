package main

import (
	"fmt"
	"time"
)

// bench measures one thing, floor and Chatter in turn.
type bench struct {
	name    string
	measure func(l lab, c config) ([]row, error)
	// It needs nothing of a server but its address: one that already runs will do.
	anywhere bool
}

var benches = []bench{
	{name: "W1", measure: deliveries(busy, with{}, 1.5), anywhere: true},
	{name: "W1-nginx", measure: deliveries(busy, with{nginx: true}, 3.5)},
	{name: "W1-1", measure: deliveries(crowd{members: 1000, flying: 1, batch: 1, messages: 300}, with{}, 1.2), anywhere: true},
	{name: "W2", measure: manyRooms, anywhere: true},
	{name: "W3", measure: idleSockets},
	{name: "W4", measure: comeBack},
	{name: "W5", measure: pages},
	{name: "W6", measure: saidToStored},
	{name: "W7", measure: growth},
	{name: "W7-rooms", measure: keptByRooms},
	{name: "W8", measure: beside},
}

var busy = crowd{members: 1000, flying: 20, batch: 10, messages: 4000}

// crowd is one room in which ten members talk, so many messages in flight. batch is how
// many frames a write of its floor carries.
type crowd struct {
	members, flying, batch, messages int
	// Who else joins, and what they do when the measurement begins; nil for nobody.
	beside func(*talk) (begun func(), err error)
}

const senders = 10

// deliveries measures the processor time of one delivery in a crowd.
func deliveries(w crowd, how with, asked float64) func(lab, config) ([]row, error) {
	return func(l lab, c config) ([]row, error) {
		if c.Quick {
			w.messages /= 4
		}
		floor, chatter, err := inTurn(l, c, w.batch, how, w.run)
		if err != nil {
			return nil, err
		}
		what := fmt.Sprintf("1 room × %d, %d in flight: ", w.members, w.flying)
		if how.nginx {
			what = "the same through nginx: "
		}
		return l.deliveryRows(what, floor, chatter, asked), nil
	}
}

func (w crowd) run(r *rig) (s sample, err error) {
	per := 1
	if r.floor {
		per = w.batch
	}
	t, err := openTalk(r, 1, w.members, per)
	if err != nil {
		return s, err
	}
	defer t.close()
	if err := t.inFlight(w.flying, senders, w.messages/10); err != nil {
		return s, err
	}
	begun := func() {}
	if w.beside != nil {
		if begun, err = w.beside(t); err != nil {
			return s, err
		}
	}
	m, err := t.measure()
	if err != nil {
		return s, err
	}
	begun()
	if err := t.inFlight(w.flying, senders, w.messages); err != nil {
		return s, err
	}
	if s, err = m.read(); err != nil {
		return s, err
	}
	return s, t.check()
}

// manyRooms measures deliveries where nothing can be batched and wake-ups cost most.
func manyRooms(l lab, c config) ([]row, error) {
	const rooms, members, perSecond = 500, 10, 1000
	whole := 5 * time.Second
	if c.Quick {
		whole = time.Second
	}
	floor, chatter, err := inTurn(l, c, 1, with{}, func(r *rig) (s sample, err error) {
		t, err := openTalk(r, rooms, members, 1)
		if err != nil {
			return s, err
		}
		defer t.close()
		if err := t.paced(perSecond, time.Second); err != nil {
			return s, err
		}
		m, err := t.measure()
		if err != nil {
			return s, err
		}
		if err := t.paced(perSecond, whole); err != nil {
			return s, err
		}
		if s, err = m.read(); err != nil {
			return s, err
		}
		return s, t.check()
	})
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("%d rooms × %d, %d a second: ", rooms, members, perSecond)
	p50 := medianOf(chatter, func(s sample) float64 { return s.P50.Seconds() * 1000 })
	return append(l.deliveryRows(what, floor, chatter, 2.2),
		row{Measure: what + "said to seen, p50", Unit: "ms", Chatter: p50, Asked: 0.35}), nil
}

// inTurn measures a floor and Chatter, again and again.
func inTurn(l lab, c config, batch int, how with, measure func(*rig) (sample, error)) (floor, chatter []sample, err error) {
	once := func(r *rig, err error) (sample, error) {
		if err != nil {
			return sample{}, err
		}
		defer r.stop()
		return measure(r)
	}
	for range c.Runs {
		s, err := once(l.startFloor("rooms", batch))
		if err != nil {
			return nil, nil, fmt.Errorf("floor: %w", err)
		}
		floor = append(floor, s)
		if s, err = once(l.startChatter(how)); err != nil {
			return nil, nil, err
		}
		chatter = append(chatter, s)
	}
	return floor, chatter, nil
}

// deliveryRows are the processor time of a delivery, and of a server that already runs
// the memory too, of which no other row tells.
func (l lab) deliveryRows(what string, floor, chatter []sample, asked float64) []row {
	micros := func(samples []sample, of func(sample) time.Duration) float64 {
		return medianOf(samples, func(s sample) float64 { return float64(of(s)) / float64(time.Microsecond) })
	}
	total := func(s sample) time.Duration { return s.CPU }
	client := micros(chatter, func(s sample) time.Duration { return s.Client })
	cpu := row{Measure: what + "CPU a delivery", Unit: "µs", Floor: micros(floor, total), Chatter: micros(chatter, total), Asked: asked}
	if l.running == nil {
		cpu.Note = fmt.Sprintf("Redis %.2g of it; the load generator %.2g", micros(chatter, func(s sample) time.Duration { return s.Redis }), client)
		return []row{cpu}
	}
	cpu.Note = fmt.Sprintf("%d processes; the load generator %.2g", len(l.running.pids), client)
	mib := func(s sample) float64 { return float64(s.Memory) / (1 << 20) }
	return []row{cpu, {Measure: what + "memory of all", Unit: "MiB", Floor: medianOf(floor, mib), Chatter: medianOf(chatter, mib)}}
}
