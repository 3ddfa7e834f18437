package main

import (
	"fmt"
	"time"
)

// idleSockets measures what it costs to let a socket in, and to keep it.
func idleSockets(l lab, c config) ([]row, error) {
	many, few, ping := 10_000, 1000, shippedPing
	if c.Quick {
		many, ping = 5000, shippedPing/4
	}
	var floor, first, second, all []held
	for range c.Runs {
		for _, m := range []struct {
			to      *[]held
			floor   bool
			sockets int
			watch   time.Duration
		}{
			{&floor, true, many, 0},
			{&first, false, few, 0},
			{&second, false, 2 * few, 0},
			{&all, false, many, ping},
		} {
			h, err := l.hold(m.floor, m.sockets, ping, m.watch)
			if err != nil {
				return nil, err
			}
			*m.to = append(*m.to, h)
		}
	}
	each := func(h held) float64 { return h.memory / h.sockets }
	shaken := func(h held) float64 { return h.handshake }
	memory := func(samples []held) float64 { return medianOf(samples, func(h held) float64 { return h.memory }) }
	what := fmt.Sprintf("%d idle sockets in %d rooms: ", many, many/perIdleRoom)
	idle := row{Measure: fmt.Sprintf("%spinged every %v: CPU of one a minute", what, ping), Unit: "µs",
		Chatter: medianOf(all, func(h held) float64 { return h.idle }),
		Note:    fmt.Sprintf("over %v, with %.2f pings each; Redis included", ping, medianOf(all, func(h held) float64 { return h.pings }))}
	if ping == shippedPing {
		idle.Asked = idleAsked
	}
	return []row{
		{Measure: what + "memory of one", Unit: "KiB", Chatter: medianOf(all, each), Asked: 8, Note: fmt.Sprintf("a floor's %.2g", medianOf(floor, each))},
		{Measure: fmt.Sprintf("from %d idle sockets to %d: memory of one more", 2*few, many), Unit: "KiB",
			Floor:   (memory(second) - memory(first)) / float64(few),
			Chatter: (memory(all) - memory(second)) / float64(many-2*few), Asked: 1.2,
			Note: fmt.Sprintf("the floor is Chatter from %d to %d", few, 2*few)},
		{Measure: what + "CPU a handshake", Unit: "µs", Floor: medianOf(floor, shaken), Chatter: medianOf(all, shaken), Asked: 4},
		idle,
	}, nil
}

const (
	// shippedPing is wsd's own --ping-interval.
	shippedPing = 20 * time.Second
	perIdleRoom = 10
	// idleAsked is no CPU to speak of: of ten thousand sockets a hundredth of a core.
	idleAsked = 60
	// settle is how long wsd gets to give memory back when it has let thousands in.
	settle = 3 * time.Second
)

// held is what sockets cost that say nothing.
type held struct {
	sockets   float64
	memory    float64 // KiB that the server has grown by
	handshake float64 // µs, one
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
	t, err := openTalk(r, sockets/perIdleRoom, perIdleRoom, 1)
	if err != nil {
		return h, err
	}
	defer t.close()
	after, err := r.cpu()
	if err != nil {
		return h, err
	}
	if !floor {
		if err := t.wait(settle); err != nil {
			return h, err
		}
	}
	full, err := memoryOf(pid)
	if err != nil {
		return h, err
	}
	h.sockets = float64(sockets)
	h.memory = float64(full-empty) / 1024
	h.handshake = float64(after-before) / float64(time.Microsecond) / h.sockets
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
	h.idle = float64(after-before) / float64(time.Microsecond) / h.sockets / time.Since(begun).Minutes()
	h.pings = float64(t.swarm.Pings-pings) / h.sockets
	if h.pings < 0.9 {
		return fmt.Errorf("in %v there were only %.2f pings for each socket", d, h.pings)
	}
	return nil
}
