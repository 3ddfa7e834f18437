package main

import (
	"fmt"
	"time"
)

// idleSockets measures what it costs to let a socket in, and to keep it.
func idleSockets(l lab, c config) ([]row, error) {
	many, few, ping := 10_000, 1000, shippedPing
	if c.Quick {
		many, ping = 5000, shippedPing/5
	}
	var floor, first, second, all []held
	watched := ping
	for turn := range c.Runs {
		if turn > 0 {
			watched = 0 // once is enough of so long a time
		}
		for _, m := range []struct {
			to      *[]held
			floor   bool
			sockets int
			watch   time.Duration
		}{
			{&floor, true, many, 0},
			{&first, false, few, 0},
			{&second, false, 2 * few, 0},
			{&all, false, many, watched},
		} {
			h, err := l.hold(m.floor, m.sockets, ping, m.watch)
			if err != nil {
				return nil, err
			}
			*m.to = append(*m.to, h)
		}
	}
	memory := func(h held) float64 { return h.memory / h.sockets }
	shaken := func(h held) float64 { return h.handshake }
	what := fmt.Sprintf("%d idle sockets in %d rooms: ", many, many/perIdleRoom)
	idle := row{Measure: fmt.Sprintf("%spinged every %v: CPU of one a minute", what, ping), Unit: "µs",
		Chatter: []float64{all[0].idle}, Note: fmt.Sprintf("over %v, with %.2f pings each; Redis included", ping, all[0].pings)}
	if ping == shippedPing {
		idle.Asked, idle.Aim = idleAim, true
	}
	return []row{
		{Measure: what + "memory of one", Unit: "KiB", Chatter: each(all, memory), Asked: 8, Note: fmt.Sprintf("a floor's %.2g", median(each(floor, memory)))},
		{Measure: fmt.Sprintf("from %d idle sockets to %d: memory of one more", 2*few, many), Unit: "KiB",
			Floor: oneMore(first, second), Chatter: oneMore(second, all), Asked: flat, Aim: true,
			Note: fmt.Sprintf("the floor is Chatter from %d to %d", few, 2*few)},
		{Measure: what + "CPU a handshake", Unit: "µs", Floor: each(floor, shaken), Chatter: each(all, shaken), Asked: 4,
			Load: median(each(all, func(h held) float64 { return h.load })), Note: "with the collection that follows"},
		idle,
	}, nil
}

// oneMore is the memory of each socket that there are more of, turn by turn.
func oneMore(few, many []held) (memory []float64) {
	for i := range few {
		memory = append(memory, (many[i].memory-few[i].memory)/(many[i].sockets-few[i].sockets))
	}
	return memory
}

const (
	// shippedPing is wsd's own --ping-interval.
	shippedPing = 20 * time.Second
	perIdleRoom = 10
	// idleAim is no CPU to speak of: of ten thousand sockets a hundredth of a core.
	idleAim = 60
)

// held is what sockets cost that say nothing.
type held struct {
	sockets   float64
	memory    float64 // KiB that the server has grown by
	handshake float64 // µs, one
	load      float64 // µs of the load generator, one
	idle      float64 // µs a minute, one
	pings     float64 // of one, while idle was measured
}

// hold opens sockets that say nothing, and watches them for so long; one interval of
// pings has one for each.
func (l lab) hold(floor bool, sockets int, ping, watch time.Duration) (h held, err error) {
	var r *rig
	if floor {
		r, err = l.startFloor("rooms", 1)
	} else {
		r, err = l.startChatter(with{ping: ping})
	}
	if err != nil {
		return h, err
	}
	defer r.stop()
	pid := r.front[0].pid
	empty, err := memoryOf(pid)
	if err != nil {
		return h, err
	}
	before, err := r.cpu()
	if err != nil {
		return h, err
	}
	own := ownCPU()
	// Until the server is at rest: what the handshakes leave to be done is theirs.
	t, err := openTalk(r, sockets/perIdleRoom, perIdleRoom, 1)
	if err != nil {
		return h, err
	}
	defer t.close()
	own = ownCPU() - own
	after, err := r.cpu()
	if err != nil {
		return h, err
	}
	full, err := memoryOf(pid)
	if err != nil {
		return h, err
	}
	h.sockets = float64(sockets)
	h.memory = float64(full-empty) / 1024
	h.handshake = micros(after-before) / h.sockets
	h.load = micros(own) / h.sockets
	if watch > 0 {
		err = h.watch(t, watch)
	}
	return h, err
}

// watch measures what the sockets take while nobody says anything.
func (h *held) watch(t *talk, d time.Duration) error {
	begun, pings := time.Now(), t.swarm.Pings
	before, err := t.rig.cpu()
	if err != nil {
		return err
	}
	if err := t.wait(d); err != nil {
		return err
	}
	after, err := t.rig.cpu()
	if err != nil {
		return err
	}
	h.idle = micros(after-before) / h.sockets / time.Since(begun).Minutes()
	h.pings = float64(t.swarm.Pings-pings) / h.sockets
	if h.pings < 0.9 {
		return fmt.Errorf("in %v there were only %.2f pings for each socket", d, h.pings)
	}
	return nil
}
