package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// A process is flat when it holds, by the median of the last third of a soak, at most a
// tenth more than by that of the second, and a little. In the first third guests gather
// and buffers and pools grow to the size that they are needed in. Medians, because a
// collection of garbage or a burst of guests is no leak.
const flatShare = 1.1

// shortest is the shortest soak that says anything: a guest who vanishes is given up
// within a minute, and so long the number of sockets grows.
const shortest = 3 * time.Minute

func (q quantity) flat(second, last float64) bool { return last <= flatShare*second+q.slack }

// flat also holds for a soak that was too short to tell, and for none.
func (h *holdings) flat() bool {
	if h == nil || h.took < shortest {
		return true
	}
	for _, p := range h.of {
		for _, q := range quantities {
			if _, second, last := thirds(p.values[q.metric]); q.judged && !q.flat(second, last) {
				return false
			}
		}
	}
	return true
}

func (h *holdings) print(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\n\t\tmedian of the\t\t\tslope\t\t")
	fmt.Fprintln(table, "process\tholds\tfirst third\tsecond\tlast\tan hour\tlooks\tverdict\t")
	for _, p := range h.of {
		for _, q := range quantities {
			values := p.values[q.metric]
			if len(values) < 3 {
				continue
			}
			first, second, last := thirds(values)
			verdict := "flat"
			switch {
			case !q.judged:
				verdict = ""
			case h.took < shortest:
				verdict = "too short to tell"
			case !q.flat(second, last):
				verdict = "NOT FLAT"
			}
			fmt.Fprintf(table, "%s\t%s\t%.1f\t%.1f\t%.1f\t%+.1f\t%d\t%s\t\n", p.process, q.title,
				first/q.unit, second/q.unit, last/q.unit, slope(p.at, values)/q.unit, len(values), verdict)
		}
	}
	table.Flush()
}

// thirds are the medians of each third of the values; zeros when there are too few.
func thirds(values []float64) (first, second, last float64) {
	n := len(values)
	if n < 3 {
		return 0, 0, 0
	}
	return median(values[:n/3]), median(values[n/3 : 2*n/3]), median(values[2*n/3:])
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// slope is how much is added in an hour, by least squares over the last two thirds.
func slope(at []time.Duration, values []float64) float64 {
	from := len(values) / 3
	at, values = at[from:], values[from:]
	n := float64(len(values))
	var x, y, xx, xy float64
	for i, v := range values {
		hours := at[i].Hours()
		x, y, xx, xy = x+hours, y+v, xx+hours*hours, xy+hours*v
	}
	spread := n*xx - x*x
	if spread == 0 {
		return 0
	}
	return (n*xy - x*y) / spread
}
