package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// flatShare is the growth that is allowed from the median of the second third of a soak to the
// median of the last, beside the slack of the quantity. In the first third the guests arrive,
// and buffers and pools reach their sizes. A garbage collection or a burst of guests does not
// change a median.
const flatShare = 1.1

// shortest is the shortest soak with a verdict. wsd detects within a minute that a guest has
// vanished; until then the number of sockets grows.
const shortest = 3 * time.Minute

func (q quantity) flat(second, last float64) bool { return last <= flatShare*second+q.slack }

// flat reports whether no quantity has grown. It is true without a soak, and for a soak that
// was too short.
func (u *usage) flat() bool {
	if u == nil || u.duration < shortest {
		return true
	}
	for _, p := range u.processes {
		for _, q := range quantities {
			if _, second, last := thirds(p.values[q.metric]); q.judged && !q.flat(second, last) {
				return false
			}
		}
	}
	return true
}

func (u *usage) print(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer table.Flush()
	fmt.Fprintln(table, "\n\t\tmedian of the\t\t\t\t")
	fmt.Fprintln(table, "process\tquantity\tfirst third\tsecond\tlast\tsamples\tverdict\t")
	for _, p := range u.processes {
		for _, q := range quantities {
			values := p.values[q.metric]
			first, second, last := thirds(values)
			verdict := "flat"
			switch {
			case !q.judged:
				verdict = ""
			case u.duration < shortest:
				verdict = "soak too short"
			case !q.flat(second, last):
				verdict = "NOT FLAT"
			}
			fmt.Fprintf(table, "%s\t%s\t%.1f\t%.1f\t%.1f\t%d\t%s\t\n", p.process, q.title,
				first/q.unit, second/q.unit, last/q.unit, len(values), verdict)
		}
	}
}

// thirds returns the medians of each third of the values.
func thirds(values []float64) (first, second, last float64) {
	n := len(values)
	return median(values[:n/3]), median(values[n/3 : 2*n/3]), median(values[2*n/3:])
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
