package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"chatter/supervisor/lab/guest"
	"chatter/supervisor/run/stack"
)

// growth holds the resources of the services during a soak.
type growth struct {
	duration time.Duration
	samples  map[sample][]float64
}

// sample identifies a metric of a process.
type sample struct{ process, metric string }

// quantity is a resource that the admin listener of a process reports.
type quantity struct {
	metric, title string
	unit          float64 // in which it is printed
	slack         float64 // growth that is allowed in any case
}

const mebi = 1 << 20

var quantities = []quantity{
	{"process_resident_memory_bytes", "resident, MiB", mebi, 4 * mebi},
	{"go_memstats_heap_inuse_bytes", "heap, MiB", mebi, 2 * mebi},
	{"go_goroutines", "goroutines", 1, 10},
	{"process_open_fds", "descriptors", 1, 10},
	{"chatter_sockets", "sockets", 1, math.Inf(1)}, // the others depend on it
}

const startMetric = "process_start_time_seconds"

// watch samples the processes every few seconds until ctx ends. It returns an error if a
// process does not run or was started again.
func watch(ctx context.Context, s *stack.Stack, duration time.Duration) (*growth, error) {
	g := &growth{duration: duration, samples: make(map[sample][]float64)}
	for guest.Pause(ctx, min(5*time.Second, duration/60)) {
		for _, process := range slices.Concat(httpds, wsds) {
			text, err := s.AdminGet(ctx, process, "/metrics")
			if ctx.Err() != nil {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("metrics of %s: %w", process, err)
			}
			if err := g.add(process, text); err != nil {
				return nil, err
			}
		}
	}
	return g, nil
}

// add takes the metrics of a process that have no labels.
func (g *growth) add(process, text string) error {
	for line := range strings.Lines(text) {
		metric, number, _ := strings.Cut(strings.TrimSpace(line), " ")
		if value, err := strconv.ParseFloat(number, 64); err == nil {
			g.samples[sample{process, metric}] = append(g.samples[sample{process, metric}], value)
		}
	}
	if starts := g.samples[sample{process, startMetric}]; len(starts) == 0 || starts[0] != starts[len(starts)-1] {
		return fmt.Errorf("%s was started again, or has no metric %s", process, startMetric)
	}
	return nil
}

// shortest is the shortest soak with a verdict. wsd detects within a minute that a guest has
// vanished; until then the number of sockets grows.
const shortest = 3 * time.Minute

// verdict tells whether the values are flat. The median of the last third of a soak may be a
// tenth above that of the second third, beside the slack. In the first third the guests
// arrive, and buffers and pools reach their sizes. A garbage collection or a burst of guests
// does not change a median.
func (g *growth) verdict(q quantity, values []float64) string {
	_, second, last := thirds(values)
	switch {
	case len(values) == 0 && !math.IsInf(q.slack, 1):
		return notFlat // Nothing shows that it is flat.
	case g.duration < shortest:
		return "soak too short"
	case last > 1.1*second+q.slack:
		return notFlat
	}
	return "flat"
}

const notFlat = "NOT FLAT"

// print prints a table. It reports whether no quantity has grown.
func (g *growth) print(out io.Writer) (flat bool) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer table.Flush()
	fmt.Fprintln(table, "\n\t\tmedian of the\t\t\t\t")
	fmt.Fprintln(table, "process\tquantity\tfirst third\tsecond\tlast\tsamples\tverdict\t")
	flat = true
	for _, process := range slices.Concat(httpds, wsds) {
		for _, q := range quantities {
			values := g.samples[sample{process, q.metric}]
			first, second, last := thirds(values)
			verdict := g.verdict(q, values)
			flat = flat && verdict != notFlat
			fmt.Fprintf(table, "%s\t%s\t%.1f\t%.1f\t%.1f\t%d\t%s\t\n", process, q.title,
				first/q.unit, second/q.unit, last/q.unit, len(values), verdict)
		}
	}
	return flat
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
