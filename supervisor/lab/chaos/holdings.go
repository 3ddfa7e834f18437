package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"chatter/supervisor/run/stack"
)

// holdings are what each process of the services held while a soak went on.
type holdings struct {
	took time.Duration
	of   []*held // in the order of the processes' names
}

// held is what one process held at each look.
type held struct {
	process string
	at      []time.Duration
	values  map[string][]float64 // by metric
}

// quantity is one of the things that a process holds, as its admin listener tells it.
type quantity struct {
	metric, title string
	unit          float64 // what it is shown in
	slack         float64 // beside the share: what comes and goes by chance
	judged        bool
}

const mebi = 1 << 20

var quantities = []quantity{
	{"process_resident_memory_bytes", "resident, MiB", mebi, 4 * mebi, true},
	{"go_memstats_heap_inuse_bytes", "heap, MiB", mebi, 2 * mebi, true},
	{"go_goroutines", "goroutines", 1, 10, true},
	{"process_open_fds", "descriptors", 1, 10, true},
	{"chatter_sockets", "sockets", 1, 0, false}, // to see what the others go with
}

const startMetric = "process_start_time_seconds"

// watch looks at the processes every few seconds until ctx ends. A process that is not
// there, or not the one that was, is an error.
func watch(ctx context.Context, s *stack.Stack, whole time.Duration) (*holdings, error) {
	h := &holdings{took: whole}
	for _, process := range services {
		h.of = append(h.of, &held{process: process, values: make(map[string][]float64)})
	}
	begun := time.Now()
	for pause(ctx, min(5*time.Second, whole/60)) {
		for _, p := range h.of {
			metrics, err := look(ctx, s.Admin(p.process))
			if ctx.Err() != nil {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("look at %s: %w", p.process, err)
			}
			p.at = append(p.at, time.Since(begun))
			for name, value := range metrics {
				p.values[name] = append(p.values[name], value)
			}
			if starts := p.values[startMetric]; starts[0] != starts[len(starts)-1] {
				return nil, fmt.Errorf("%s was started again", p.process)
			}
		}
	}
	return h, nil
}

// look returns those metrics of a process that have no labels.
func look(ctx context.Context, socket string) (map[string]float64, error) {
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", socket)
		},
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://admin/metrics", nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return parseMetrics(resp.Body)
}

func parseMetrics(r io.Reader) (map[string]float64, error) {
	metrics := make(map[string]float64)
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		name, text, ok := strings.Cut(lines.Text(), " ")
		if value, err := strconv.ParseFloat(text, 64); ok && err == nil {
			metrics[name] = value
		}
	}
	for _, q := range quantities {
		if _, ok := metrics[q.metric]; !ok && q.judged {
			return nil, fmt.Errorf("no metric %s", q.metric)
		}
	}
	return metrics, lines.Err()
}
