//go:build linux

package main

import (
	"slices"
	"time"

	"chatter/supervisor/lab/bench/swarm"
)

const (
	comingsPerSecond = 1000
	awayFor          = 100 * time.Millisecond
)

// comeAndGo is rooms of a hundred with 50,000 deliveries a second, first with members that
// stay, then with members of which 1,000 a second leave and come back with their cursors.
// A message that a member misses, or gets twice, ends the run with an error.
func comeAndGo(name string, rooms int, whole time.Duration) scenario {
	const members, deliveries = 100, 50_000
	return scenario{name: name, wsd: 1, rooms: rooms, members: members, run: func(k *talk) []figure {
		if k.target.floor {
			return nil
		}
		// The first member of each room speaks and stays. Fewer rooms have as many
		// messages a second.
		k.speakers = rooms
		rate := float64(deliveries / members)
		k.paced(rate, whole/4)
		u, _ := k.measured(func() { k.paced(rate, whole) })
		found := k.deliveryFigures("all stay", u)
		u, _ = k.measured(func() { k.whileChanging(func() { k.paced(rate, whole) }) })
		return append(found, k.deliveryFigures("some come and go", u)...)
	}}
}

func (k *talk) deliveryFigures(when string, u usage) []figure {
	cpu := k.cpuPerDelivery(u)
	cpu.measure = when + ": " + cpu.measure
	return []figure{cpu, {when + ": from sent to delivered, p50", "ms", quantile(k.deliveryTimes, 0.5)},
		{when + ": from sent to delivered, p99", "ms", quantile(k.deliveryTimes, 0.99)}}
}

// leaver is a member that is away for a while.
type leaver struct {
	member *swarm.Client
	until  time.Time
}

// whileChanging has members leave and come back while messages are sent, and returns when
// all have come back.
func (k *talk) whileChanging(send func()) {
	var away []leaver
	next, left, begun := k.speakers, 0, time.Now()
	k.changing = true
	k.beside = func(sending bool) {
		now := time.Now()
		for due := int(now.Sub(begun).Seconds() * comingsPerSecond); sending && left < due; left++ {
			if c := k.members[next]; c.Live {
				k.swarm.Drop(c)
				away = append(away, leaver{c, now.Add(awayFor)})
			}
			if next++; next == len(k.members) {
				next = k.speakers
			}
		}
		for len(away) > 0 && now.After(away[0].until) && k.connect(away[0].member) {
			away = away[1:]
		}
	}
	send()
	k.run(time.Minute, func() bool {
		k.beside(false)
		return len(away) == 0 && !slices.ContainsFunc(k.members, func(c *swarm.Client) bool { return !c.Live })
	})
	k.beside, k.changing = nil, false
}
