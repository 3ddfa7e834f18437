//go:build linux

package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// row is a line of the table.
type row struct {
	Name    string               `json:"name"` // of its scenario
	Measure string               `json:"measure"`
	Unit    string               `json:"unit"`
	Turns   map[string][]float64 `json:"turns"` // by the name of the side
}

const legend = `Each column has the median of the turns, and in brackets the least and the most.
ratio: Chatter divided by the floor of the same turn.
before, change: the build of --against, and Chatter against it in the same turn in percent.
`

func printRows(out io.Writer, rows []row) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintln(table, "\tmeasure\tunit\tfloor\tChatter\tratio\tbefore\tchange\t")
	for _, r := range rows {
		ratios := r.over("floor", func(chatter, floor float64) float64 { return chatter / floor })
		changes := r.over("before", func(chatter, before float64) float64 { return 100 * (chatter/before - 1) })
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", r.Name, r.Measure, r.Unit, cell("%.3g", r.Turns["floor"]),
			cell("%.3g", r.Turns["Chatter"]), cell("%.2f", ratios), cell("%.3g", r.Turns["before"]), cell("%+.1f", changes))
	}
}

// over compares Chatter with another side turn by turn, because both drift alike.
func (r row) over(side string, compare func(chatter, other float64) float64) (values []float64) {
	for i, other := range r.Turns[side] {
		values = append(values, compare(r.Turns["Chatter"][i], other))
	}
	return values
}

func cell(format string, values []float64) string {
	n := len(values)
	if n == 0 {
		return "-"
	}
	v := slices.Sorted(slices.Values(values))
	text := fmt.Sprintf(format, (v[(n-1)/2]+v[n/2])/2)
	if n > 1 {
		text += fmt.Sprintf(" ("+format+".."+format+")", v[0], v[n-1])
	}
	return text
}
