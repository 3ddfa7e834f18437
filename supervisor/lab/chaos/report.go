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

// report is all that is known after a run.
type report struct {
	config  config
	verdict *verdict
	people  []*person
	rooms   []*roomRecord
	views   map[string]map[string]int
	faults  []happened
	network map[string]int
	drained time.Duration
	held    *holdings // of a soak; else nil
	logs    string    // how those of the processes end
}

func (r *report) print(out io.Writer) {
	c := r.config
	what := "faults"
	if c.Soak {
		what = "churn"
	}
	fmt.Fprintf(out, "\n%d guests in %d rooms, %.0f messages a second, %s for %v, seed %d\n\n", c.Guests, c.Rooms, c.Rate, what, c.Duration, c.Seed)
	r.printKinds(out)
	v := r.verdict
	fmt.Fprintf(out, "\nsaid %d, acked %d, delivered %d, sent again %d, refused for the moment %d, gaps with a reason %d; drained in %s s\n",
		v.Said, v.Acked, v.Delivered, v.Resent, v.Refusals, v.Gaps, seconds(r.drained))
	if c.Soak {
		fmt.Fprintf(out, "%d visits; %d messages went with guests who vanished\n", len(r.people), v.Abandoned)
	}
	fmt.Fprintf(out, "lost %d, doubled %d, reordered %d, unexplained gaps %d\n", len(v.Lost), len(v.Doubled), len(v.Reordered), len(v.Unexplained))
	for _, kind := range r.kinds() {
		if kept, changed, known := r.ids(kind); known {
			fmt.Fprintf(out, "%s: process ids unchanged %d times, changed %d times\n", kind, kept, changed)
		}
		if worst := r.liveAfterStart(kind); len(worst) > 0 {
			fmt.Fprintf(out, "%s: from the processes' start until everybody is live: p50 %s s, worst %s s\n", kind, at(worst, 50), at(worst, 100))
		}
	}
	if r.held != nil {
		r.held.print(out)
	}
}

// ids counts how often a kind of fault that must not change process ids has not.
func (r *report) ids(kind string) (kept, changed int, known bool) {
	f, _ := findFault(kind)
	for _, h := range r.faults {
		switch {
		case h.kind != kind:
		case h.note == "":
			kept++
		default:
			changed++
		}
	}
	return kept, changed, len(f.of) > 0
}

// liveAfterStart returns, in order, how long after each such fault's processes had been
// started the last of the guests whom it had cut off was live. Who was silent then learned
// of it later, and does not count.
func (r *report) liveAfterStart(kind string) (worst []time.Duration) {
	for _, f := range r.faults {
		if f.kind != kind || f.ready.IsZero() {
			continue
		}
		var last time.Time
		for _, p := range r.people {
			for _, a := range p.away {
				begun := a.end.Add(-a.d)
				if a.kind == kind && !begun.Before(f.at) && begun.Before(f.ready) && a.end.After(last) {
					last = a.end
				}
			}
		}
		if !last.IsZero() {
			worst = append(worst, last.Sub(f.ready))
		}
	}
	slices.Sort(worst)
	return worst
}

// printKinds prints a line for each kind of fault.
func (r *report) printKinds(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\t \t \tback, s\t \t \tsaid to acked, s\t \t \tpages\t \t \t \thandshakes\t")
	fmt.Fprintln(table, "fault\ttimes\tcut off\tp50\tp99\tworst\tp50\tp99\tworst\tshown\twaiting\trefused\tother\tfailed\t")
	for _, kind := range r.kinds() {
		away, acks := r.lasted(kind)
		failed := make(map[string]int)
		for _, p := range r.people {
			for _, f := range p.failures {
				if f.kind == kind {
					failed[f.how]++
				}
			}
		}
		views := r.views[kind]
		other := 0
		for how, n := range views {
			if how != pageShown && how != pageWaiting && how != pageRefused {
				other += n
			}
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\t\n", kind, r.times(kind), len(away),
			at(away, 50), at(away, 99), at(away, 100), at(acks, 50), at(acks, 99), at(acks, 100),
			views[pageShown], views[pageWaiting], views[pageRefused], other, counts(failed))
	}
	table.Flush()
}

// kinds are those that happened, in the order of the list of faults.
func (r *report) kinds() []string {
	return slices.DeleteFunc(append([]string{none}, faultNames()...), func(kind string) bool {
		return kind != none && r.times(kind) == 0
	})
}

func (r *report) times(kind string) int {
	n := r.network[kind]
	for _, f := range r.faults {
		if f.kind == kind {
			n++
		}
	}
	return n
}

// lasted returns, in order, for how long guests were away, and how long messages said
// after such a fault took to be acked.
func (r *report) lasted(kind string) (away, acks []time.Duration) {
	for _, p := range r.people {
		for _, a := range slices.Concat(p.away, p.silences) {
			if a.kind == kind {
				away = append(away, a.d)
			}
		}
		for _, s := range p.said {
			if !s.acked.IsZero() && p.putTo(s) == kind {
				acks = append(acks, s.acked.Sub(s.at))
			}
		}
	}
	slices.Sort(away)
	slices.Sort(acks)
	return away, acks
}

// at is a percentile of sorted durations.
func at(sorted []time.Duration, percent int) string {
	if len(sorted) == 0 {
		return "-"
	}
	return seconds(sorted[min(len(sorted)*percent/100, len(sorted)-1)])
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()) }

func counts(n map[string]int) string {
	var parts []string
	for _, how := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, fmt.Sprintf("%d %s", n[how], how))
	}
	if len(parts) == 0 {
		return "0"
	}
	return strings.Join(parts, ", ")
}
