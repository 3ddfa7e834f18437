package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// sample is what one process tells at one moment.
type sample struct {
	process string // such as "wsd-0"
	silent  string // why it does not answer; "" if it does
	at      time.Time
	// values are those of /metrics, by name and labels as they are written there.
	values map[string]float64
	state  string
	notes  []string // its findings, or why it is not ready
}

// ready is the state of a process to which guests may be sent.
const ready = "ready"

// scrape asks all processes at once. A process has limit to answer.
func (s *site) scrape(ctx context.Context, limit time.Duration) ([]sample, error) {
	processes, err := s.processes()
	if err != nil {
		return nil, err
	}
	samples := make([]sample, len(processes))
	var asking sync.WaitGroup
	for i, process := range processes {
		asking.Go(func() { samples[i] = s.scrapeOne(ctx, process, limit) })
	}
	asking.Wait()
	return samples, nil
}

// program finds how many processes a program of chatter.conf has.
var program = regexp.MustCompile(`(?ms)^\[fcgi-program:(\w+)\].*?^numprocs=(\d+)`)

// processes returns the names of all processes: of those that have a socket, and of those that
// supervisor's file asks for.
func (s *site) processes() ([]string, error) {
	if err := s.readable(); err != nil {
		return nil, err
	}
	sockets, err := filepath.Glob(filepath.Join(s.dir, "*-*.admin.sock"))
	if err != nil {
		return nil, fmt.Errorf("find the sockets: %w", err)
	}
	var names []string
	for _, socket := range sockets {
		names = append(names, strings.TrimSuffix(filepath.Base(socket), ".admin.sock"))
	}
	programs := "/etc/supervisor/conf.d/chatter.conf"
	if s.dir != defaultDir {
		programs = filepath.Join(s.dir, "chatter.conf") // of a stack that an ordinary user runs
	}
	text, err := os.ReadFile(programs)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, m := range program.FindAllStringSubmatch(string(text), -1) {
		n, _ := strconv.Atoi(m[2])
		for i := range n {
			names = append(names, fmt.Sprintf("%s-%d", m[1], i))
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("there is no socket *.admin.sock in %s: start the services, or name another directory with --dir", s.dir)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func (s *site) scrapeOne(ctx context.Context, process string, limit time.Duration) sample {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	got := sample{process: process}
	metrics, _, err := s.fetch(ctx, process, "/metrics")
	got.at = time.Now()
	if err == nil {
		got.values, err = parseMetrics(strings.NewReader(metrics))
	}
	if err != nil {
		got.silent = reason(err)
		return got
	}
	text, status, err := s.fetch(ctx, process, "/readyz")
	if err != nil {
		got.silent = reason(err)
		return got
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if status == http.StatusOK {
		got.state, got.notes = ready, lines[1:]
	} else {
		got.state, got.notes = "not ready", lines
	}
	return got
}

// reason says why a process does not answer.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "there is no permission to use its socket; run chatterctl as root"
	case errors.Is(err, context.DeadlineExceeded):
		return "it hangs, or the machine is too busy"
	case errors.Is(err, fs.ErrNotExist):
		return "it has no socket; is it started?"
	}
	return "is it running?"
}

// fetch requests a path of a process.
func (s *site) fetch(ctx context.Context, process, path string) (body string, status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://admin"+path, nil)
	if err != nil {
		return "", 0, err
	}
	response, err := over(filepath.Join(s.dir, process+".admin.sock")).Do(r)
	if err != nil {
		return "", 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return string(text), response.StatusCode, err
}

// parseMetrics reads Prometheus's text format.
func parseMetrics(r io.Reader) (map[string]float64, error) {
	values := map[string]float64{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		at := strings.LastIndexByte(line, ' ')
		value, err := strconv.ParseFloat(line[at+1:], 64)
		if at < 1 || err != nil {
			return nil, errors.New("the metrics have a line of another format")
		}
		values[line[:at]] = value
	}
	return values, lines.Err()
}

// sum adds all values of a metric, whatever its labels are. It is 0 if there is none.
func (s sample) sum(metric string) (sum float64) {
	for key, value := range s.values {
		if name, _, _ := strings.Cut(key, "{"); name == metric {
			sum += value
		}
	}
	return sum
}

// since returns by how much a counter has grown. A process that began anew in between counts
// from zero.
func (s sample) since(before sample, metric string) float64 {
	grown := s.sum(metric) - before.sum(metric)
	if grown < 0 {
		return s.sum(metric)
	}
	return grown
}
