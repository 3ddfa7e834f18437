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

// print prints the results of a trial. The error tells whether the trial failed, and why.
func (t *trial) print(out io.Writer) error {
	c, v := t.config, t.verdict
	what := fmt.Sprintf("faults for %v", c.Duration)
	switch {
	case c.Soak:
		what = fmt.Sprintf("churn for %v", c.Duration)
	case c.Attack:
		what = fmt.Sprintf("attacks of %v", c.Each)
	}
	fmt.Fprintf(out, "\n%d guests in %d rooms, %.0f messages a second, %s, seed %d\n\n", c.Guests, c.Rooms, c.Rate, what, c.Seed)
	t.printKinds(out)
	fmt.Fprintf(out, "\nsaid %d, acked %d, delivered %d, sent again %d, refused for now %d, gaps with a reason %d; drained in %s s\n",
		v.said, v.acked, v.delivered, v.resent, v.refused, v.gaps, seconds(t.drained))
	if c.Soak {
		fmt.Fprintf(out, "%d visits; %d messages were lost by guests who vanished before the ack\n", len(t.clients), v.abandoned)
	}
	fmt.Fprintf(out, "lost %d, doubled %d, reordered %d, unexplained gaps %d\n", v.count(lost), v.count(doubled), v.count(reordered), v.count(unexplained))
	for _, f := range t.faults.faults {
		if f.note != "" {
			fmt.Fprintf(out, "%s: %s\n", f.kind, f.note)
		}
	}
	flat := t.growth == nil || t.growth.print(out)
	refusals := t.refusals()
	switch {
	case len(v.findings) > 0:
		return errBroken
	case c.Attack && len(refusals)+v.gaps > 0:
		fmt.Fprintln(out, "REFUSED", strings.Join(refusals, ", "))
		return errRefused
	case !flat:
		return errGrowth
	}
	return nil
}

// printKinds prints a row for each kind of fault or attack.
func (t *trial) printKinds(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer table.Flush()
	fmt.Fprintln(table, "\t \t \tback, s\t \t \tsaid to acked, s\t \t \tpages\t \thandshakes\t")
	fmt.Fprintln(table, "fault\ttimes\tcut off\tp50\tp99\tworst\tp50\tp99\tworst\tshown\tfailed\tfailed\t")
	first := func(kind string) int { // -1 for calm
		return slices.IndexFunc(t.faults.faults, func(f injected) bool { return f.kind == kind })
	}
	for _, kind := range slices.SortedFunc(maps.Keys(t.faults.byKind), func(a, b string) int { return first(a) - first(b) }) {
		m := t.faults.byKind[kind]
		failed := maps.Clone(m.pages)
		delete(failed, pageShown)
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%s\t%d\t%s\t%s\t\n", kind, m.times, len(m.back),
			quantiles(m.back), quantiles(m.acks), m.pages[pageShown], counts(failed), counts(m.handshakes))
	}
}

// quantiles returns the cells for the median, the 99th percentile and the worst value.
func quantiles(values []time.Duration) string {
	slices.Sort(values)
	n := len(values)
	if n == 0 {
		return "-\t-\t-"
	}
	return seconds(values[n/2]) + "\t" + seconds(values[n*99/100]) + "\t" + seconds(values[n-1])
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
