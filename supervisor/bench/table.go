package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
)

// row is a line of the table.
type row struct {
	Measure string
	Unit    string
	Floor   float64 `json:",omitempty"`
	Chatter float64
	Asked   float64 `json:",omitempty"` // of the ratio, or of Chatter where there is no floor: at most; 0 = nothing
	AtLeast bool    `json:",omitempty"` // Asked is the least
	Note    string  `json:",omitempty"`
}

// ratio is what is held to Asked.
func (r row) ratio() float64 {
	if r.Floor == 0 {
		return r.Chatter
	}
	return r.Chatter / r.Floor
}

func (r row) verdict() string {
	if r.Asked == 0 {
		return "-"
	}
	if r.AtLeast && r.ratio() >= r.Asked || !r.AtLeast && r.ratio() <= r.Asked {
		return "holds"
	}
	return "DOES NOT HOLD"
}

func printRows(out io.Writer, rows []row) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintln(table, "measure\tunit\tfloor\tChatter\tratio\tasked\t\t")
	for _, r := range rows {
		floor, ratio, asked := "-", "-", fmt.Sprintf("%.3g", r.Asked)
		if r.Floor != 0 {
			floor, ratio, asked = fmt.Sprintf("%.3g", r.Floor), fmt.Sprintf("%.2f", r.ratio()), asked+" ×"
		}
		if r.Asked == 0 {
			asked = "-"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%.3g\t%s\t%s\t%s\t%s\n", r.Measure, r.Unit, floor, r.Chatter, ratio, asked, r.verdict(), r.Note)
	}
}

// writeRows writes the table as JSON.
func writeRows(file string, rows []row) error {
	text, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

// median of an odd or even number of values, at least one.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// medianOf is the median of what value finds in each of samples.
func medianOf[T any](samples []T, value func(T) float64) float64 {
	var values []float64
	for _, s := range samples {
		values = append(values, value(s))
	}
	return median(values)
}
