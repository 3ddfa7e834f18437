package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// print prints the results of a trial.
func (t *trial) print(out io.Writer) {
	c, v := t.config, t.verdict
	what := "faults"
	if c.Soak {
		what = "churn"
	}
	fmt.Fprintf(out, "\n%d guests in %d rooms, %.0f messages a second, %s for %v, seed %d\n\n", c.Guests, c.Rooms, c.Rate, what, c.Duration, c.Seed)
	t.printKinds(out)
	fmt.Fprintf(out, "\nsaid %d, acked %d, delivered %d, sent again %d, refused for now %d, gaps with a reason %d; drained in %s s\n",
		v.said, v.acked, v.delivered, v.resent, v.refusals, v.gaps, seconds(t.drained))
	if c.Soak {
		fmt.Fprintf(out, "%d visits; %d messages were lost by guests who vanished before the ack\n", len(t.clients), v.abandoned)
	}
	fmt.Fprintf(out, "lost %d, doubled %d, reordered %d, unexplained gaps %d\n", v.count(lost), v.count(doubled), v.count(reordered), v.count(unexplained))
	for _, f := range t.faults.faults {
		if f.note != "" {
			fmt.Fprintf(out, "%s: %s\n", f.kind, f.note)
		}
	}
	if t.usage != nil {
		t.usage.print(out)
	}
}

// printKinds prints a row for each kind of fault.
func (t *trial) printKinds(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer table.Flush()
	fmt.Fprintln(table, "\t \t \tback, s\t \t \tsaid to acked, s\t \t \tpages\t \thandshakes\t")
	fmt.Fprintln(table, "fault\ttimes\tcut off\tp50\tp99\tworst\tp50\tp99\tworst\tshown\tfailed\tfailed\t")
	for _, kind := range t.kinds() {
		var away, acks []time.Duration
		failures := make(map[string]int)
		for _, c := range t.clients {
			for _, x := range c.troubles {
				if x.kind == kind {
					away = append(away, x.end.Sub(x.begun))
				}
			}
			for _, m := range c.said {
				if !m.acked.IsZero() && c.causeOf(m) == kind {
					acks = append(acks, m.acked.Sub(m.at))
				}
			}
			for _, f := range c.failures {
				if f.kind == kind {
					failures[f.outcome]++
				}
			}
		}
		slices.Sort(away)
		slices.Sort(acks)
		views := maps.Clone(t.views[kind])
		delete(views, pageShown)
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t\n", kind, t.times(kind), len(away),
			percentile(away, 50), percentile(away, 99), percentile(away, 100), percentile(acks, 50), percentile(acks, 99), percentile(acks, 100),
			t.views[kind][pageShown], counts(views), counts(failures))
	}
}

// kinds returns the kinds of faults that were injected, in the order of the list of faults.
func (t *trial) kinds() []string {
	return slices.DeleteFunc(append([]string{none}, faultNames()...), func(kind string) bool {
		return kind != none && t.times(kind) == 0
	})
}

func (t *trial) times(kind string) int {
	n := t.network[kind]
	for _, f := range t.faults.faults {
		if f.kind == kind {
			n++
		}
	}
	return n
}

// percentile returns a percentile of sorted durations.
func percentile(sorted []time.Duration, percent int) string {
	if len(sorted) == 0 {
		return "-"
	}
	return seconds(sorted[min(len(sorted)*percent/100, len(sorted)-1)])
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()) }

func counts(n map[string]int) string {
	var parts []string
	for _, outcome := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, fmt.Sprintf("%d %s", n[outcome], outcome))
	}
	if len(parts) == 0 {
		return "0"
	}
	return strings.Join(parts, ", ")
}
