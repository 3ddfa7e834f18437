//go:build linux

package main

import (
	"slices"
	"time"
)

func micros(d time.Duration) float64 { return d.Seconds() * 1e6 }

// quantile sorts values. It returns milliseconds, 0 without values.
func quantile(values []time.Duration, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[int(q*float64(len(values)-1))].Seconds() * 1e3
}

// measured returns the usage while messages are sent, and their number. It clears the times of
// earlier deliveries and acks.
func (k *talk) measured(send func()) (u usage, messages float64) {
	k.deliveryTimes, k.ackTimes = k.deliveryTimes[:0], k.ackTimes[:0]
	before := len(k.sent)
	u = k.target.used(send)
	return u, float64(len(k.sent) - before)
}

func (k *talk) cpuPerDelivery(u usage) figure {
	return figure{"CPU per delivery", "µs", micros(u.cpu) / float64(len(k.deliveryTimes))}
}

// crowd is one room of a thousand with so many messages in flight. A write of the floor
// carries batch messages.
func crowd(name string, flying, batch, messages int, nginx bool) scenario {
	return scenario{name: name, wsd: 1, nginx: nginx, rooms: 1, members: 1000, batch: batch, run: func(k *talk) []figure {
		k.inFlight(flying, max(messages/4, 10)) // buffers grow, which is not measured
		u, _ := k.measured(func() { k.inFlight(flying, messages) })
		return []figure{k.cpuPerDelivery(u)}
	}}
}

// inFlight keeps so many messages on their way in the first room until n are done. A few
// members send them by turns.
func (k *talk) inFlight(flying, n int) {
	const senders = 10
	stop := k.done + n
	send := func() { k.send(k.members[len(k.sent)%senders]) }
	k.onDone = func() {
		if len(k.sent)*k.batch < stop {
			send()
		}
	}
	defer func() { k.onDone = nil }()
	for range max(flying/k.batch, 1) {
		send()
	}
	k.run(2*time.Minute, func() bool { return k.done >= stop && k.allDelivered() })
}

// smallRooms is many rooms of ten with 1,000 messages a second in all, on so many wsd.
func smallRooms(name string, wsd, rooms int, whole time.Duration) scenario {
	const perSecond = 1000
	return scenario{name: name, wsd: wsd, rooms: rooms, members: 10, run: func(k *talk) []figure {
		k.paced(perSecond, time.Duration(len(k.members))*time.Second/perSecond) // each member once
		u, messages := k.measured(func() { k.paced(perSecond, whole) })
		found := []figure{k.cpuPerDelivery(u), {"from sent to delivered, p50", "ms", quantile(k.deliveryTimes, 0.5)}}
		if k.target.floor {
			return found
		}
		k.textBytes = 40
		short, shortMessages := k.measured(func() { k.paced(perSecond, whole/4) })
		return append(found, figure{"Redis: CPU per message", "µs", micros(u.redisCPU) / messages},
			figure{"Redis: time in commands per message", "µs", micros(u.redisInside) / messages},
			figure{"Redis: file per message of 40 characters", "bytes", short.redisFile / shortMessages})
	}}
}

// paced sends so many messages a second, in one room after the other.
func (k *talk) paced(perSecond float64, whole time.Duration) {
	begun, first := time.Now(), len(k.sent)
	stop := first + max(int(whole.Seconds()*perSecond), 1)
	// At high rates the messages of a millisecond are sent together: a wake-up for each one
	// would cost this program more than the server.
	step := max(time.Duration(float64(time.Second)/perSecond), time.Millisecond)
	next := begun
	k.run(whole+time.Minute, func() bool {
		if now := time.Now(); len(k.sent) < stop && !now.Before(next) {
			next = next.Add((now.Sub(next)/step + 1) * step)
			k.swarm.WakeAt = next
			for due := min(first+int(next.Sub(begun).Seconds()*perSecond+0.5), stop); len(k.sent) < due; {
				k.send(k.members[len(k.sent)%k.speakers])
			}
		}
		if k.beside != nil {
			k.beside(len(k.sent) < stop)
		}
		return len(k.sent) == stop && k.allDelivered()
	})
}

// allDelivered reports whether all sent messages are delivered to all members, and acked.
func (k *talk) allDelivered() bool {
	return k.done >= len(k.sent)*k.batch && (k.target.floor || k.acked == len(k.sent))
}

// acks is rooms of one member each that send as fast as their messages are acked, then at
// half of that rate. It has no floor.
func acks(name string, whole time.Duration) scenario {
	return scenario{name: name, wsd: 1, rooms: 100, members: 1, run: func(k *talk) []figure {
		if k.target.floor {
			return nil
		}
		rate := k.ackRate(whole)
		half := &k.target.bench.halfAckRate
		if *half == 0 {
			*half = rate / 2
		}
		k.measured(func() { k.paced(*half, whole) })
		return []figure{{"acks a second at most", "1,000/s", rate / 1000},
			{"at half of that rate: from sent to acked, p99", "ms", quantile(k.ackTimes, 0.99)}}
	}}
}

// ackRate keeps some messages of each member on their way and returns the acks a second.
func (k *talk) ackRate(whole time.Duration) float64 {
	const flying = 32 // wsd accepts 64
	begun := time.Now()
	k.onAck = k.send
	for _, c := range k.members {
		for range flying {
			k.send(c)
		}
	}
	k.run(whole+time.Minute, func() bool { return time.Since(begun) > whole && k.acked > 0 })
	rate := float64(k.acked) / time.Since(begun).Seconds()
	k.onAck = nil
	k.run(time.Minute, k.allDelivered)
	return rate
}
