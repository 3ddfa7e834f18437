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
	nginx    bool // it needs one
}

var benches = []bench{
	{name: "W1", measure: deliveries(busy, with{}, 1.5), anywhere: true},
	{name: "W1-nginx", measure: deliveries(busy, with{nginx: true}, 3.5), nginx: true},
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

var busy = crowd{members: 1000, flying: 20, batch: 10, messages: 3000}

// crowd is one room in which ten members talk, so many messages in flight. batch is how
// many frames a write of its floor carries.
type crowd struct {
	members, flying, batch, messages int
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
	// Not the first messages: the sockets' buffers have to grow, and the server's.
	if err := t.inFlight(w.flying, senders, max(w.messages/4, fewestBefore)); err != nil {
		return s, err
	}
	if s, err = t.measured(func() error { return t.inFlight(w.flying, senders, w.messages) }); err != nil {
		return s, err
	}
	return s, t.check()
}

const fewestBefore = 10

// measured is what a delivery costs while what is done.
func (t *talk) measured(what func() error) (s sample, err error) {
	m, err := t.measure()
	if err != nil {
		return s, err
	}
	if err := what(); err != nil {
		return s, err
	}
	return m.read()
}

// calm is many rooms in which so many messages a second are said in all.
type calm struct {
	rooms, members, perSecond int
	whole                     time.Duration
}

func (w calm) run(r *rig) (s sample, err error) {
	t, err := openTalk(r, w.rooms, w.members, 1)
	if err != nil {
		return s, err
	}
	defer t.close()
	if err := t.paced(w.perSecond, w.whole/4); err != nil {
		return s, err
	}
	if s, err = t.measured(func() error { return t.paced(w.perSecond, w.whole) }); err != nil {
		return s, err
	}
	return s, t.check()
}

// manyRooms measures deliveries where nothing can be batched and wake-ups cost most.
func manyRooms(l lab, c config) ([]row, error) {
	w := calm{rooms: 500, members: 10, perSecond: 1000, whole: 3 * time.Second}
	if c.Quick {
		w.whole = time.Second
	}
	floor, chatter, err := inTurn(l, c, 1, with{}, w.run)
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("%d rooms × %d, %d a second: ", w.rooms, w.members, w.perSecond)
	p50 := func(s sample) float64 { return s.P50.Seconds() * 1000 }
	return append(l.deliveryRows(what, floor, chatter, 2.2),
		row{Measure: what + "said to seen, p50", Unit: "ms", Chatter: each(chatter, p50), Asked: 0.35,
			Note: fmt.Sprintf("a floor's %.2g", median(each(floor, p50)))}), nil
}

// inTurn measures a floor and Chatter, again and again.
func inTurn(l lab, c config, batch int, how with, measure func(*rig) (sample, error)) (floor, chatter []sample, err error) {
	for range c.Runs {
		s, err := l.onFloor(batch, measure)
		if err != nil {
			return nil, nil, err
		}
		floor = append(floor, s)
		if s, err = l.onChatter(how, measure); err != nil {
			return nil, nil, err
		}
		chatter = append(chatter, s)
	}
	return floor, chatter, nil
}

func (l lab) onFloor(batch int, measure func(*rig) (sample, error)) (sample, error) {
	r, err := l.startFloor("rooms", batch)
	if err != nil {
		return sample{}, fmt.Errorf("floor: %w", err)
	}
	defer r.stop()
	s, err := measure(r)
	if err != nil {
		err = fmt.Errorf("floor: %w", err)
	}
	return s, err
}

func (l lab) onChatter(how with, measure func(*rig) (sample, error)) (sample, error) {
	r, err := l.startChatter(how)
	if err != nil {
		return sample{}, err
	}
	defer r.stop()
	return measure(r)
}

// In microseconds.
func cpu(s sample) float64    { return micros(s.CPU) }
func redis(s sample) float64  { return micros(s.Redis) }
func client(s sample) float64 { return micros(s.Client) }

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// deliveryRow is the processor time of a delivery.
func deliveryRow(what string, floor, chatter []sample, asked float64) row {
	return row{
		Measure: what + "CPU a delivery", Unit: "µs", Floor: each(floor, cpu), Chatter: each(chatter, cpu), Asked: asked,
		Load: median(each(chatter, client)), Note: fmt.Sprintf("Redis %.2g of it", median(each(chatter, redis))),
	}
}

// deliveryRows are that, and of a server that already runs the memory too, of which no
// other row tells.
func (l lab) deliveryRows(what string, floor, chatter []sample, asked float64) []row {
	row1 := deliveryRow(what, floor, chatter, asked)
	if l.running == nil {
		return []row{row1}
	}
	row1.Note = fmt.Sprintf("%d processes", len(l.running.pids))
	mib := func(s sample) float64 { return float64(s.Memory) / (1 << 20) }
	return []row{row1, {Measure: what + "memory of all", Unit: "MiB", Floor: each(floor, mib), Chatter: each(chatter, mib)}}
}
