package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// growthOf is a soak in which all quantities of all processes have the values n(0), n(1) and
// so on, without the metrics left out.
func growthOf(t *testing.T, duration time.Duration, n func(int) float64, leftOut string) *growth {
	t.Helper()
	g := &growth{duration: duration, samples: make(map[sample][]float64)}
	for i := range 90 {
		for _, process := range append(httpds, wsds...) {
			text := "# HELP x\nx{y=\"z\"} 3\n" + startMetric + " 1.7e+09\n"
			for _, q := range quantities {
				if q.metric != leftOut {
					text += fmt.Sprintln(q.metric, n(i)*q.unit)
				}
			}
			if err := g.add(process, text); err != nil {
				t.Fatal(err)
			}
		}
	}
	return g
}

func TestGrowth_Flat(t *testing.T) {
	constant := func(int) float64 { return 100 }
	growing := func(i int) float64 { return 100 + float64(i) }
	for _, c := range []struct {
		name     string
		duration time.Duration
		n        func(int) float64
		leftOut  string
		flat     bool
		says     string
	}{
		{"constant", time.Hour, constant, "", true, " flat"},
		{"grows while guests arrive, then constant", time.Hour, func(i int) float64 { return 100 * float64(min(i, 20)) }, "", true, " flat"},
		{"a burst", time.Hour, func(i int) float64 {
			if i > 70 && i < 80 {
				return 5000
			}
			return 100
		}, "", true, " flat"},
		{"one more in each sample", time.Hour, growing, "", false, notFlat},
		{"the same, in a short time", time.Minute, growing, "", true, "soak too short"},
		{"descriptors are missing", time.Hour, constant, "process_open_fds", false, notFlat},
		{"sockets are missing, as in httpd", time.Hour, constant, "chatter_sockets", true, " flat"},
	} {
		var out strings.Builder
		if flat := growthOf(t, c.duration, c.n, c.leftOut).print(&out); flat != c.flat || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: flat %v\n%s", c.name, flat, &out)
		}
	}
}

func TestGrowth_NoticesARestart(t *testing.T) {
	g := growthOf(t, time.Hour, func(int) float64 { return 1 }, "")
	if err := g.add(wsds[0], startMetric+" 1.8e+09\n"); err == nil {
		t.Error("a process that was started again is accepted")
	}
	if err := g.add("wsd:wsd_2", "go_goroutines 7\n"); err == nil {
		t.Error("a process without a start time is accepted")
	}
}
