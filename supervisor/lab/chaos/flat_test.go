package main

import (
	"strings"
	"testing"
	"time"
)

// holding is a soak in which every process held n(0), n(1) and so on.
func holding(took time.Duration, n func(int) float64) *holdings {
	p := &held{process: "wsd:wsd_0", values: make(map[string][]float64)}
	for i := range 90 {
		p.at = append(p.at, time.Duration(i)*took/90)
		p.values["go_goroutines"] = append(p.values["go_goroutines"], n(i))
	}
	return &holdings{took: took, of: []*held{p}}
}

func TestHoldings_Flat(t *testing.T) {
	for _, c := range []struct {
		name string
		took time.Duration
		n    func(int) float64
		flat bool
		says string
	}{
		{"constant", time.Hour, func(int) float64 { return 100 }, true, "flat"},
		{"as guests gather, then constant", time.Hour, func(i int) float64 { return 100 * float64(min(i, 20)) }, true, "flat"},
		{"a burst", time.Hour, func(i int) float64 {
			if i > 70 && i < 80 {
				return 5000
			}
			return 100
		}, true, "flat"},
		{"one more at each look", time.Hour, func(i int) float64 { return 100 + float64(i) }, false, "NOT FLAT"},
		{"the same, in a short time", time.Minute, func(i int) float64 { return 100 + float64(i) }, true, "too short to tell"},
	} {
		h := holding(c.took, c.n)
		var out strings.Builder
		h.print(&out)
		if h.flat() != c.flat || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: flat %v\n%s", c.name, h.flat(), &out)
		}
	}
	var none *holdings
	if !none.flat() {
		t.Error("what was not looked at is not flat")
	}
}

func TestSlope_IsThatOfTheLastTwoThirds(t *testing.T) {
	h := holding(90*time.Minute, func(i int) float64 { return float64(max(i, 30)) })
	if s := slope(h.of[0].at, h.of[0].values["go_goroutines"]); s < 59.9 || s > 60.1 {
		t.Errorf("one a minute is %v an hour", s)
	}
}

func TestParseMetrics_MissesNothingThatIsJudged(t *testing.T) {
	const all = "# HELP x\nprocess_resident_memory_bytes 2.5e+07\ngo_memstats_heap_inuse_bytes 5e+06\ngo_goroutines 11\nx{y=\"z\"} 3\n"
	got, err := parseMetrics(strings.NewReader(all + "process_open_fds 12\n"))
	if err != nil || got["process_resident_memory_bytes"] != 2.5e7 || got["process_open_fds"] != 12 {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := parseMetrics(strings.NewReader(all)); err == nil {
		t.Error("without descriptors it is content")
	}
}
