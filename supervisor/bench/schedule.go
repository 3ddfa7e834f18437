package main

import (
	"time"

	"chatter/supervisor/bench/swarm"
)

// inFlight keeps so many messages on their way in one room, until n are done: the next
// is said when everybody has an earlier one.
func (t *talk) inFlight(flying, senders, n int) error {
	stop := t.done + n
	next := 0
	say := func() {
		t.say(0, next%senders)
		next++
	}
	t.completed = func(int) {
		if t.sent*t.per < stop {
			say()
		}
	}
	for range max(flying/t.per, 1) {
		say()
	}
	err := t.run(2*time.Minute, func() bool { return t.done >= stop && (t.rig.floor || t.acked == t.sent) })
	t.completed = nil
	return err
}

// flood keeps flying messages of one member of each room on their way until n are stored
// and seen.
func (t *talk) flood(flying, n int) error {
	stop := t.sent + n
	say := func(room int) {
		if t.sent < stop {
			t.say(room, 0)
		}
	}
	t.onAck = func(c *swarm.Client) { say(c.Room) }
	defer func() { t.onAck = nil }()
	for room := range t.rooms {
		for range flying {
			say(room)
		}
	}
	return t.run(time.Minute, func() bool { return t.sent == stop && t.acked == stop && t.done == stop })
}

// paced has so many messages a second said, one in each room after the other.
func (t *talk) paced(perSecond int, d time.Duration) error {
	// As many as are due are said in one go: to wake for each of many thousands would cost
	// this program more than the server, on the same cores.
	each := max(time.Second/time.Duration(perSecond), time.Millisecond)
	due := float64(perSecond) * each.Seconds()
	begun, ticks := t.sent, 0.0
	stop := begun + int(d.Seconds()*float64(perSecond))
	t.swarm.Tick = func() {
		for ticks++; t.sent < stop && t.sent-begun < int(ticks*due+0.5); {
			room := t.sent % len(t.rooms)
			t.say(room, t.sent/len(t.rooms)%len(t.rooms[room].members))
		}
	}
	if err := t.swarm.Every(each); err != nil {
		return err
	}
	defer t.swarm.Every(0)
	return t.run(d+time.Minute, func() bool { return t.sent == stop && t.done >= stop*t.per && (t.rig.floor || t.acked == t.sent) })
}

// wait answers pings for so long, and does nothing else.
func (t *talk) wait(d time.Duration) error {
	begun := time.Now()
	t.swarm.Tick = func() {}
	if err := t.swarm.Every(d / 10); err != nil {
		return err
	}
	defer t.swarm.Every(0)
	return t.run(d+time.Minute, func() bool { return time.Since(begun) >= d })
}

const (
	// wsd gives memory back when it has let many in, as soon as hardly any come for a
	// second, which it asks itself once in a second.
	manyCame = 500
	trimmed  = 2200 * time.Millisecond
	// What fewer leave to be done is a few per cent of what is measured.
	roughlyMany = 3000
	// A server that takes less than a part of one core is at rest.
	look, restless = 100 * time.Millisecond, 20
)

// settle waits until the server has nothing left to do for so many who came or went just
// now: it would be charged to whatever is measured next.
func (t *talk) settle(moved int) error {
	many := manyCame
	if t.rig.rough {
		many = roughlyMany
	}
	if moved >= many {
		if err := t.wait(trimmed); err != nil {
			return err
		}
	}
	return untilAtRest(t.rig.cpu, func() error { return t.wait(look) })
}

// mostLooks is how often untilAtRest looks before it takes what there is for rest.
const mostLooks = 100

// untilAtRest waits until cpu, the processor time that a server has used, hardly grows
// during a wait, which takes as long as look.
func untilAtRest(cpu func() (time.Duration, error), wait func() error) error {
	for range mostLooks {
		before, err := cpu()
		if err != nil {
			return err
		}
		if err := wait(); err != nil {
			return err
		}
		after, err := cpu()
		if err != nil || after-before < look/restless {
			return err
		}
	}
	return nil
}
