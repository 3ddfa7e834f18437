package main

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
	"chatter/supervisor/bench/swarm"
)

const (
	storeRooms = 100
	// How many messages of one client are on their way; wsd takes 64.
	storeFlying = 32
)

// saidToStored measures how many messages a second one wsd acks, beside how many Redis
// appends by the same script when nothing stands before it but the pipelines; and how
// long an ack takes at half of that.
func saidToStored(l lab, c config) ([]row, error) {
	whole := 4 * time.Second
	if c.Quick {
		whole = time.Second
	}
	var bare, acked, p99 []float64
	for range c.Runs {
		r, err := l.startChatter(with{})
		if err != nil {
			return nil, err
		}
		one, two, three, err := storeRates(r, whole)
		r.stop()
		if err != nil {
			return nil, err
		}
		bare, acked, p99 = append(bare, one), append(acked, two), append(p99, three)
	}
	return []row{
		{Measure: "said to stored: acks a second", Unit: "1/s", Floor: median(bare), Chatter: median(acked), Asked: 0.5, AtLeast: true,
			Note: "beside the same script, pipelined, with nothing before it"},
		{Measure: "at half of that: said to acked, p99", Unit: "ms", Chatter: median(p99), Asked: 10},
	}, nil
}

func storeRates(r *rig, whole time.Duration) (bare, acked, p99 float64, err error) {
	if bare, err = appendRate(r, whole); err != nil {
		return 0, 0, 0, err
	}
	t, err := openTalk(r, storeRooms, 1, 1)
	if err != nil {
		return 0, 0, 0, err
	}
	defer t.close()
	begun := time.Now()
	var stopped bool
	t.onAck = func(c *swarm.Client) {
		if !stopped {
			t.say(c.Room, 0)
		}
	}
	for room := range storeRooms {
		for range storeFlying {
			t.say(room, 0)
		}
	}
	if err := t.run(whole+time.Minute, func() bool { return time.Since(begun) > whole }); err != nil {
		return 0, 0, 0, err
	}
	acked = float64(t.acked) / time.Since(begun).Seconds()
	stopped = true
	if err := t.run(time.Minute, func() bool { return t.acked == t.sent && t.done == t.sent }); err != nil {
		return 0, 0, 0, err
	}
	t.onAck = nil
	m, err := t.measure()
	if err != nil {
		return 0, 0, 0, err
	}
	if err := t.paced(int(acked/2), whole); err != nil {
		return 0, 0, 0, err
	}
	if _, err := m.read(); err != nil {
		return 0, 0, 0, err
	}
	slices.Sort(t.ackTimes)
	return bare, acked, quantile(t.ackTimes, 0.99).Seconds() * 1000, t.check()
}

// appendRate is how many messages a second Redis stores for a client that does nothing
// else, in rooms of its own.
func appendRate(r *rig, whole time.Duration) (float64, error) {
	client, err := redisconn.Open(r.redisURL())
	if err != nil {
		return 0, err
	}
	defer client.Close()
	log := roomlog.New(client, roomlog.Options{Prefix: "bare:"})
	defer log.Close()
	text, err := wire.ParseText(string(filler))
	if err != nil {
		return 0, err
	}
	type flying struct{ room name.Room }
	free := make(chan flying, storeRooms*storeFlying)
	for i := range cap(free) {
		room, err := name.ParseRoom(fmt.Sprint("room", i%storeRooms))
		if err != nil {
			return 0, err
		}
		free <- flying{room}
	}
	var stored, failed atomic.Int64
	begun := time.Now()
	for time.Since(begun) < whole {
		f := <-free
		log.AppendAsync(f.room, wire.NewNonce(), text, func(_ roomlog.Stored, err error) {
			stored.Add(1)
			if err != nil {
				failed.Add(1)
			}
			free <- f
		})
	}
	for range cap(free) {
		<-free
	}
	if n := failed.Load(); n > 0 {
		return 0, fmt.Errorf("%d appends failed", n)
	}
	return float64(stored.Load()) / time.Since(begun).Seconds(), nil
}
