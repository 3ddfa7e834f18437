package main

import (
	"fmt"
	"slices"
	"time"

	"chatter/supervisor/bench/swarm"
)

const (
	storeRooms = 100
	// How many messages of one client are on their way; wsd takes 64.
	storeFlying = 32
)

// saidToStored measures how many messages a second one wsd acks, beside how many another
// Redis appends by the same script when nothing stands before it but the pipelines; and
// how long an ack takes at half of the rate that is asked for, and of the one it reaches.
func saidToStored(l lab, c config) ([]row, error) {
	whole := 4 * time.Second
	if c.Quick {
		whole = time.Second
	}
	var found []storeRates
	for range c.Runs {
		r, err := l.startChatter(with{})
		if err != nil {
			return nil, err
		}
		rates, err := l.storeRates(r, whole)
		r.stop()
		if err != nil {
			return nil, err
		}
		found = append(found, rates)
	}
	of := func(value func(storeRates) float64) []float64 { return each(found, value) }
	return []row{
		{Measure: "said to stored: acks a second", Unit: "1/s",
			Floor:   of(func(s storeRates) float64 { return s.bare.perSecond }),
			Chatter: of(func(s storeRates) float64 { return s.acked }), Asked: 0.5, AtLeast: true,
			Load: median(of(func(s storeRates) float64 { return s.load })),
			Note: fmt.Sprintf("the floor is the same script, pipelined, on a Redis of its own: %.2g µs of Redis a message; here %.2g, and %.2g of wsd",
				median(of(func(s storeRates) float64 { return s.bare.redis })),
				median(of(func(s storeRates) float64 { return s.redis })), median(of(func(s storeRates) float64 { return s.wsd })))},
		delayRow("a quarter of what Redis appends", of(func(s storeRates) float64 { return s.asked.p50 }), of(func(s storeRates) float64 { return s.asked.p99 })),
		delayRow("half of what was acked", of(func(s storeRates) float64 { return s.half.p50 }), of(func(s storeRates) float64 { return s.half.p99 })),
	}, nil
}

func delayRow(rate string, p50, p99 []float64) row {
	return row{Measure: "at " + rate + ": said to acked, p99", Unit: "ms", Chatter: p99, Asked: 10,
		Note: fmt.Sprintf("p50 %.2g", median(p50))}
}

// storeRates are what becomes of messages that are said as fast as they are stored, and
// half as fast.
type storeRates struct {
	bare             bareRate
	acked            float64 // a second
	redis, wsd, load float64 // µs a message
	asked, half      delays  // at half of the rate that is asked for, and of that which is reached
}

// delays are from said to acked, in milliseconds.
type delays struct{ p50, p99 float64 }

func (l lab) storeRates(r *rig, whole time.Duration) (found storeRates, err error) {
	t, err := openTalk(r, storeRooms, 1, 1)
	if err != nil {
		return found, err
	}
	defer t.close()
	call, err := r.overhear(func() error {
		t.say(0, 0)
		return t.allStored()
	})
	if err != nil {
		return found, err
	}
	if found.bare, err = l.bareRate(call, whole); err != nil {
		return found, err
	}
	if err := t.storeAll(whole, &found); err != nil {
		return found, err
	}
	if found.asked, err = t.ackDelays(found.bare.perSecond/4, whole); err != nil {
		return found, err
	}
	if found.half, err = t.ackDelays(found.acked/2, whole); err != nil {
		return found, err
	}
	return found, t.check()
}

// ackDelays says so many messages a second.
func (t *talk) ackDelays(perSecond float64, whole time.Duration) (delays, error) {
	_, err := t.measured(func() error { return t.paced(int(perSecond), whole) })
	slices.Sort(t.ackTimes)
	return delays{
		p50: quantile(t.ackTimes, 0.5).Seconds() * 1000,
		p99: quantile(t.ackTimes, 0.99).Seconds() * 1000,
	}, err
}

// storeAll has everybody say the next message as soon as an earlier one is acked.
func (t *talk) storeAll(whole time.Duration, found *storeRates) error {
	m, err := t.measure()
	if err != nil {
		return err
	}
	acked := t.acked
	stopped := false
	t.onAck = func(c *swarm.Client) {
		if !stopped {
			t.say(c.Room, 0)
		}
	}
	for room := range t.rooms {
		for range storeFlying {
			t.say(room, 0)
		}
	}
	if err := t.run(whole+time.Minute, func() bool { return time.Since(m.begun) > whole }); err != nil {
		return err
	}
	found.acked = float64(t.acked-acked) / time.Since(m.begun).Seconds()
	// A message goes to one member: a delivery is a message.
	s, err := m.read()
	if err != nil {
		return err
	}
	found.redis, found.wsd, found.load = redis(s), cpu(s)-redis(s), client(s)
	stopped = true
	err = t.allStored()
	t.onAck = nil
	return err
}

// allStored waits until everything that was said is acked and seen.
func (t *talk) allStored() error {
	return t.run(time.Minute, func() bool { return t.acked == t.sent && t.done == t.sent })
}
