package main

import (
	"strings"
	"testing"
	"time"
)

// usageOf is a soak in which a process had n(0), n(1) and so on goroutines.
func usageOf(duration time.Duration, n func(int) float64) *usage {
	p := &processUsage{process: "wsd:wsd_0", values: make(map[string][]float64)}
	for i := range 90 {
		p.values["go_goroutines"] = append(p.values["go_goroutines"], n(i))
	}
	return &usage{duration: duration, processes: []*processUsage{p}}
}

func TestUsage_Flat(t *testing.T) {
	for _, c := range []struct {
		name     string
		duration time.Duration
		n        func(int) float64
		flat     bool
		says     string
	}{
		{"constant", time.Hour, func(int) float64 { return 100 }, true, "flat"},
		{"grows while guests arrive, then constant", time.Hour, func(i int) float64 { return 100 * float64(min(i, 20)) }, true, "flat"},
		{"a burst", time.Hour, func(i int) float64 {
			if i > 70 && i < 80 {
				return 5000
			}
			return 100
		}, true, "flat"},
		{"one more in each sample", time.Hour, func(i int) float64 { return 100 + float64(i) }, false, "NOT FLAT"},
		{"the same, in a short time", time.Minute, func(i int) float64 { return 100 + float64(i) }, true, "soak too short"},
	} {
		u := usageOf(c.duration, c.n)
		var out strings.Builder
		u.print(&out)
		if u.flat() != c.flat || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: flat %v\n%s", c.name, u.flat(), &out)
		}
	}
	var none *usage
	if !none.flat() {
		t.Error("a run without a soak is not flat")
	}
}

func TestParseMetrics_NeedsEachJudgedMetric(t *testing.T) {
	const all = "# HELP x\nprocess_resident_memory_bytes 2.5e+07\ngo_memstats_heap_inuse_bytes 5e+06\ngo_goroutines 11\nx{y=\"z\"} 3\n"
	got, err := parseMetrics(all + "process_open_fds 12\n")
	if err != nil || got["process_resident_memory_bytes"] != 2.5e7 || got["process_open_fds"] != 12 {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := parseMetrics(all); err == nil {
		t.Error("descriptors may be missing")
	}
}
