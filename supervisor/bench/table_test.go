package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRow_HoldsOrDoesNot(t *testing.T) {
	const no = "DOES NOT HOLD"
	v := func(values ...float64) []float64 { return values }
	for _, c := range []struct {
		what string
		row  row
		want string
	}{
		{"a ratio below", row{Floor: v(10), Chatter: v(11), Asked: 1.2}, "holds"},
		{"a ratio at the bound", row{Floor: v(10), Chatter: v(15), Asked: 1.5}, "holds"},
		{"a ratio above", row{Floor: v(10), Chatter: v(13), Asked: 1.2}, no},
		{"a value below", row{Chatter: v(7), Asked: 8}, "holds"},
		{"a value above", row{Chatter: v(9), Asked: 8}, no},
		{"a ratio that is to be high, and is", row{Floor: v(10), Chatter: v(6), Asked: 0.5, AtLeast: true}, "holds"},
		{"a ratio that is to be high, at the bound", row{Floor: v(10), Chatter: v(5), Asked: 0.5, AtLeast: true}, "holds"},
		{"a ratio that is to be high, and is not", row{Floor: v(10), Chatter: v(4), Asked: 0.5, AtLeast: true}, no},
		{"an aim that is reached", row{Floor: v(10), Chatter: v(11), Asked: 1.2, Aim: true}, "holds"},
		{"an aim that is not", row{Floor: v(10), Chatter: v(13), Asked: 1.2, Aim: true}, "short"},
		{"nothing asked", row{Floor: v(10), Chatter: v(1000)}, "-"},
		// The machine was twice as slow in one turn, and so was the floor.
		{"a turn on a slower machine", row{Floor: v(10, 20, 10), Chatter: v(11, 22, 11), Asked: 1.1}, "holds"},
		{"one turn of three above", row{Chatter: v(7, 99, 8), Asked: 8}, "holds"},
		{"two turns of three above", row{Chatter: v(7, 99, 9), Asked: 8}, no},
	} {
		if got := c.row.verdict(); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

var someRows = []row{
	{Name: "W1", Measure: "a delivery", Unit: "µs", Floor: []float64{2, 4, 2}, Chatter: []float64{3, 4, 5}, Asked: 1.2, Load: 0.456, Note: "a note"},
	{Name: "W3", Measure: "a socket", Unit: "KiB", Chatter: []float64{7.234, 7}, Asked: 8, Aim: true},
	{Name: "W6", Measure: "acks", Unit: "1/s", Floor: []float64{100_000}, Chatter: []float64{51_234}, Asked: 0.5, AtLeast: true},
	{Name: "W9", Measure: "memory", Unit: "MiB", Floor: []float64{10}, Chatter: []float64{20}},
}

func TestTable_HasALineForEachRow(t *testing.T) {
	var out strings.Builder
	printRows(&out, someRows)
	var got []string
	for line := range strings.Lines(out.String()) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	want := []string{
		"measure unit floor Chatter ratio spread asked load",
		"W1 a delivery µs 2 4 1.50 1.00..2.50 ≤ 1.2 × DOES NOT HOLD 0.46 a note",
		"W3 a socket KiB - 7.12 - 7..7.23 aim ≤ 8 holds -",
		"W6 acks 1/s 100000 51234 0.51 - ≥ 0.5 × holds -",
		"W9 memory MiB 10 20 2.00 - - - -",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Who reads the JSON need not know how a verdict is found.
func TestReport_HasWhatTheTableSays(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bench.json")
	found := checked{Said: 3, Acked: 3, Delivered: 30, faults: faults{Lost: 1, Doubled: 2, OutOfOrder: 3}}
	if err := (report{Runs: 3, Cores: 2, Seconds: 1.5, Checked: found, Rows: someRows}).write(file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	type object = map[string]any
	type list = []any
	want := object{
		"quick": false, "runs": 3.0, "cores": 2.0, "seconds": 1.5,
		"checked": object{"messages": 3.0, "acks": 3.0, "deliveries": 30.0, "lost": 1.0, "doubled": 2.0, "out_of_order": 3.0},
		"rows": list{
			object{"name": "W1", "measure": "a delivery", "unit": "µs", "floor": 2.0, "chatter": 4.0, "ratio": 1.5, "least": 1.0, "most": 2.5,
				"asked": 1.2, "at_least": false, "aim": false, "verdict": "DOES NOT HOLD", "load": 0.456, "note": "a note",
				"turns": object{"floor": list{2.0, 4.0, 2.0}, "chatter": list{3.0, 4.0, 5.0}}},
			object{"name": "W3", "measure": "a socket", "unit": "KiB", "chatter": 7.117, "least": 7.0, "most": 7.234,
				"asked": 8.0, "at_least": false, "aim": true, "verdict": "holds", "turns": object{"floor": nil, "chatter": list{7.234, 7.0}}},
			object{"name": "W6", "measure": "acks", "unit": "1/s", "floor": 100_000.0, "chatter": 51_234.0, "ratio": 0.51234, "least": 0.51234, "most": 0.51234,
				"asked": 0.5, "at_least": true, "aim": false, "verdict": "holds", "turns": object{"floor": list{100_000.0}, "chatter": list{51_234.0}}},
			object{"name": "W9", "measure": "memory", "unit": "MiB", "floor": 10.0, "chatter": 20.0, "ratio": 2.0, "least": 2.0, "most": 2.0,
				"verdict": "-", "turns": object{"floor": list{10.0}, "chatter": list{20.0}}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMedian_IsTheMiddleOrBetweenTheTwo(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{7}, 7},
		{[]float64{9, 1, 2}, 2},
		{[]float64{40, 1, 3, 2}, 2.5},
	} {
		before := append([]float64(nil), c.values...)
		if got := median(c.values); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.values, got, c.want)
		}
		if diff := cmp.Diff(before, c.values); diff != "" {
			t.Errorf("the values were moved: %s", diff)
		}
	}
}
