package main

import (
	"errors"
	"slices"
	"time"
)

// sample is what a measurement of deliveries gives.
type sample struct {
	CPU      time.Duration // a delivery, all servers
	Redis    time.Duration // of that
	Client   time.Duration // a delivery, the load generator
	P50, P99 time.Duration
	Memory   int64 // of all servers, at the end, in bytes
	Elapsed  time.Duration
	Messages int
}

func (s sample) perSecond() float64 { return float64(s.Messages) / s.Elapsed.Seconds() }

// meter measures between its making and read.
type meter struct {
	t                  *talk
	cpu, redis, client time.Duration
	begun              time.Time
	messages           int
}

func (t *talk) measure() (*meter, error) {
	t.measuring, t.delivered, t.latencies, t.ackTimes = true, 0, t.latencies[:0], t.ackTimes[:0]
	m := &meter{t: t, messages: t.done}
	var err1, err2 error
	m.cpu, err1 = t.rig.cpu()
	m.redis, err2 = t.rig.redisCPU()
	m.client, m.begun = ownCPU(), time.Now()
	return m, errors.Join(err1, err2)
}

func (r *rig) redisCPU() (time.Duration, error) {
	if r.redis == nil {
		return 0, nil
	}
	return cpuOf([]int{r.redis.pid})
}

func (m *meter) read() (sample, error) {
	t := m.t
	t.measuring = false
	elapsed, client := time.Since(m.begun), ownCPU()
	cpu, err1 := t.rig.cpu()
	redis, err2 := t.rig.redisCPU()
	memory, err3 := t.rig.memory()
	n := time.Duration(max(t.delivered, 1))
	// What follows is work that nobody has asked for.
	slices.Sort(t.latencies)
	return sample{
		CPU: (cpu - m.cpu) / n, Redis: (redis - m.redis) / n, Client: (client - m.client) / n,
		P50: quantile(t.latencies, 0.5), P99: quantile(t.latencies, 0.99),
		Memory: memory, Elapsed: elapsed, Messages: t.done - m.messages,
	}, errors.Join(err1, err2, err3)
}

func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(q*float64(len(sorted)-1))]
}
