package main

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// totals are two samples of all processes that answered both times.
type totals struct {
	before, after []sample // the same processes in the same order
	apart         float64  // seconds
}

// total pairs the samples. A process that did not answer before counts from zero only if it
// has started since; otherwise its rate is not known, and it has none.
func total(before, after []sample) totals {
	var t totals
	for _, now := range after {
		if now.silent != "" {
			continue
		}
		then := now
		if i := slices.IndexFunc(before, func(s sample) bool { return s.process == now.process && s.silent == "" }); i >= 0 {
			then = before[i]
			t.apart = max(t.apart, now.at.Sub(then.at).Seconds())
		}
		t.before, t.after = append(t.before, then), append(t.after, now)
	}
	t.apart = max(t.apart, time.Millisecond.Seconds())
	return t
}

// sum adds a metric over all processes.
func (t totals) sum(metric string) (sum float64) {
	for _, s := range t.after {
		sum += s.sum(metric)
	}
	return sum
}

// rate adds by how much a counter grows in a second.
func (t totals) rate(metric string) (sum float64) {
	for i, s := range t.after {
		sum += s.since(t.before[i], metric)
	}
	return sum / t.apart
}

// most returns the greatest value that a process has of a metric, NaN if none has one.
func (t totals) most(metric string) float64 {
	most := math.NaN()
	for _, s := range t.after {
		if value, ok := s.values[metric]; ok && !(value <= most) && !math.IsNaN(value) {
			most = value
		}
	}
	return most
}

// slowest tells how long the acks took that are not in before.
func (t totals) slowest(before []sample) string {
	const histogram = "chatter_ack_seconds_bucket"
	counts := map[float64]float64{} // by upper bound, those below it included
	for i, s := range t.after {
		for key, value := range s.values {
			bound, ok := strings.CutPrefix(key, histogram+`{le="`)
			if !ok {
				continue
			}
			if before != nil && value >= before[i].values[key] {
				value -= before[i].values[key]
			}
			seconds, err := strconv.ParseFloat(strings.TrimSuffix(bound, `"}`), 64)
			if err == nil {
				counts[seconds] += value
			}
		}
	}
	all := counts[math.Inf(1)]
	bounds := make([]float64, 0, len(counts))
	for bound := range counts {
		bounds = append(bounds, bound)
	}
	slices.Sort(bounds)
	for _, bound := range bounds {
		switch {
		case all == 0:
			return "none"
		case counts[bound] < 0.99*all:
		case math.IsInf(bound, 1):
			return "more than 1 of 100 takes 10 s"
		default:
			return "99 of 100 within " + time.Duration(bound*float64(time.Second)).String()
		}
	}
	return "none"
}
