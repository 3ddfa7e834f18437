// Package admin finds the processes of Chatter by their admin sockets and asks them.
package admin

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"chatter/supervisor/run/services"
	"chatter/supervisor/run/unixhttp"
)

// Process is one httpd or wsd.
type Process struct {
	Service string // "httpd" or "wsd"
	Name    string // such as "httpd-0"
	Socket  string // path of its admin socket
}

const ending = ".admin.sock"

// Named returns the process with a name such as "httpd-0", whose socket belongs in dir.
func Named(dir, name string) Process {
	service, _, _ := strings.Cut(name, "-")
	return Process{service, name, filepath.Join(dir, name+ending)}
}

// Find returns the processes that have a socket in dir, in the order of their names.
func Find(dir string) (processes []Process) {
	for _, service := range services.Names {
		sockets, _ := filepath.Glob(filepath.Join(dir, service+"-*"+ending)) // a malformed dir has none
		for _, socket := range sockets {
			processes = append(processes, Named(dir, strings.TrimSuffix(filepath.Base(socket), ending)))
		}
	}
	return processes
}

// Program returns the name by which supervisorctl knows the process, such as "httpd:httpd_0".
func (p Process) Program() string {
	return p.Service + ":" + strings.Replace(p.Name, "-", "_", 1)
}

// Get requests a path and returns the answer, also beside a [unixhttp.StatusError].
func (p Process) Get(ctx context.Context, path string) (string, error) {
	return unixhttp.Get(ctx, p.Socket, path)
}

// Sample is what a process tells at one moment.
type Sample struct {
	At      time.Time
	Ready   bool     // guests may be sent to it
	Lines   []string // its findings, or why it is not ready
	Metrics Metrics
}

// Sample asks for the metrics and the readiness. A process that is not ready is no error.
func (p Process) Sample(ctx context.Context) (Sample, error) {
	text, err := p.Get(ctx, "/metrics")
	if err != nil {
		return Sample{}, err
	}
	s := Sample{At: time.Now()}
	if s.Metrics, err = parseMetrics(text); err != nil {
		return Sample{}, err
	}
	text, err = p.Get(ctx, "/readyz")
	if err != nil && !errors.As(err, new(*unixhttp.StatusError)) {
		return Sample{}, err
	}
	s.Lines = strings.Split(strings.TrimSpace(text), "\n")
	if err == nil {
		s.Ready, s.Lines = true, s.Lines[1:]
	}
	return s, nil
}

// Metrics are values by name and labels, as Prometheus's text format writes them.
type Metrics map[string]float64

func parseMetrics(text string) (Metrics, error) {
	metrics := Metrics{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		at := strings.LastIndexByte(line, ' ')
		value, err := strconv.ParseFloat(line[at+1:], 64)
		if at < 1 || err != nil {
			return nil, errors.New("the metrics have a line of another format")
		}
		metrics[line[:at]] = value
	}
	return metrics, nil
}

// Sum adds all values of a metric, whatever its labels are. It is 0 if there is none.
func (m Metrics) Sum(metric string) (sum float64) {
	for key, value := range m {
		if name, _, _ := strings.Cut(key, "{"); name == metric {
			sum += value
		}
	}
	return sum
}
