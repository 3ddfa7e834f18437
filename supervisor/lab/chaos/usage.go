package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"chatter/supervisor/lab/guest"
	"chatter/supervisor/run/stack"
)

// usage is the memory and the other resources of the services during a soak.
type usage struct {
	duration  time.Duration
	processes []*processUsage
}

// processUsage has the samples of one process.
type processUsage struct {
	process string
	values  map[string][]float64 // by metric
}

// quantity is a resource that the admin listener of a process reports.
type quantity struct {
	metric, title string
	unit          float64 // in which it is printed
	slack         float64 // growth that is not judged
	judged        bool
}

const mebi = 1 << 20

var quantities = []quantity{
	{"process_resident_memory_bytes", "resident, MiB", mebi, 4 * mebi, true},
	{"go_memstats_heap_inuse_bytes", "heap, MiB", mebi, 2 * mebi, true},
	{"go_goroutines", "goroutines", 1, 10, true},
	{"process_open_fds", "descriptors", 1, 10, true},
	{"chatter_sockets", "sockets", 1, 0, false}, // the others depend on it
}

const startMetric = "process_start_time_seconds"

// watch samples the processes every few seconds until ctx ends. It returns an error if a
// process does not run or was started again.
func watch(ctx context.Context, s *stack.Stack, duration time.Duration) (*usage, error) {
	u := &usage{duration: duration}
	for _, process := range services {
		u.processes = append(u.processes, &processUsage{process: process, values: make(map[string][]float64)})
	}
	for guest.Pause(ctx, min(5*time.Second, duration/60)) {
		for _, p := range u.processes {
			text, err := s.AdminGet(ctx, p.process, "/metrics")
			if ctx.Err() != nil {
				break
			}
			metrics, parseErr := parseMetrics(text)
			if err == nil {
				err = parseErr
			}
			if err != nil {
				return nil, fmt.Errorf("metrics of %s: %w", p.process, err)
			}
			for name, value := range metrics {
				p.values[name] = append(p.values[name], value)
			}
			if starts := p.values[startMetric]; starts[0] != starts[len(starts)-1] {
				return nil, fmt.Errorf("%s was started again", p.process)
			}
		}
	}
	return u, nil
}

// parseMetrics returns the metrics that have no labels.
func parseMetrics(text string) (map[string]float64, error) {
	metrics := make(map[string]float64)
	for line := range strings.Lines(text) {
		name, number, ok := strings.Cut(strings.TrimSpace(line), " ")
		if value, err := strconv.ParseFloat(number, 64); ok && err == nil {
			metrics[name] = value
		}
	}
	for _, q := range quantities {
		if _, ok := metrics[q.metric]; !ok && q.judged {
			return nil, fmt.Errorf("no metric %s", q.metric)
		}
	}
	return metrics, nil
}
