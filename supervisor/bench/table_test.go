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
	for _, c := range []struct {
		what string
		row  row
		want string
	}{
		{"a ratio below", row{Floor: 10, Chatter: 11, Asked: 1.2}, "holds"},
		{"a ratio at the bound", row{Floor: 10, Chatter: 15, Asked: 1.5}, "holds"},
		{"a ratio above", row{Floor: 10, Chatter: 13, Asked: 1.2}, no},
		{"a value below", row{Chatter: 7, Asked: 8}, "holds"},
		{"a value above", row{Chatter: 9, Asked: 8}, no},
		{"a ratio that is to be high, and is", row{Floor: 10, Chatter: 6, Asked: 0.5, AtLeast: true}, "holds"},
		{"a ratio that is to be high, at the bound", row{Floor: 10, Chatter: 5, Asked: 0.5, AtLeast: true}, "holds"},
		{"a ratio that is to be high, and is not", row{Floor: 10, Chatter: 4, Asked: 0.5, AtLeast: true}, no},
		{"nothing asked", row{Floor: 10, Chatter: 1000}, "-"},
	} {
		if got := c.row.verdict(); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

func TestTable_HasALineForEachRow(t *testing.T) {
	var out strings.Builder
	printRows(&out, []row{
		{Measure: "a delivery", Unit: "µs", Floor: 2, Chatter: 3, Asked: 1.2, Note: "a note"},
		{Measure: "a socket", Unit: "KiB", Chatter: 7.234, Asked: 8},
		{Measure: "memory", Unit: "MiB", Floor: 10, Chatter: 20},
	})
	var got []string
	for line := range strings.Lines(out.String()) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	want := []string{
		"measure unit floor Chatter ratio asked",
		"a delivery µs 2 3 1.50 1.2 × DOES NOT HOLD a note",
		"a socket KiB - 7.23 - 8 holds",
		"memory MiB 10 20 2.00 - -",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTable_IsTheSameInJSON(t *testing.T) {
	want := []row{{Measure: "a", Unit: "µs", Floor: 2, Chatter: 3, Asked: 0.5, AtLeast: true, Note: "n"}, {Measure: "b", Chatter: 1}}
	file := filepath.Join(t.TempDir(), "table.json")
	if err := writeRows(file, want); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got []row
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
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
