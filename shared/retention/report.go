package retention

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// overdueAfter is how long a file may hold something that expired.
const overdueAfter = time.Hour

// overduePrefix begins a finding that a promise is broken.
const overduePrefix = "promise overdue: "

// report is what a process knows of the state.
type report struct {
	state
	now time.Time // by Redis's clock
	at  time.Time // the same moment by this process's clock
}

// time estimates Redis's clock.
func (r *report) time() time.Time { return r.now.Add(time.Since(r.at)) }

// Gauge is a metric.
type Gauge struct {
	Name, Help string
	Value      func() float64
}

// Gauges returns the job's metrics. A value that is not known is NaN.
func (j *Job) Gauges() []Gauge {
	return []Gauge{
		{"chatter_oldest_message_seconds", "Age of the oldest message in Redis; 0 without messages.", j.oldestSeconds},
		{"chatter_last_rewrite_seconds", "Time since the last rewrite of Redis's append-only file began; of several nodes the longest.", j.rewriteSeconds},
		{"chatter_promises_overdue", "Promises to forget that are overdue; /readyz names them.", j.overdue},
	}
}

func (j *Job) oldestSeconds() float64 {
	switch r := j.last.Load(); {
	case r == nil:
		return math.NaN()
	case r.oldest.IsZero():
		return 0
	default:
		return r.time().Sub(r.oldest).Seconds()
	}
}

func (j *Job) rewriteSeconds() float64 {
	r, longest := j.last.Load(), -1.0
	if r == nil || len(r.nodes) == 0 {
		return math.NaN()
	}
	for _, n := range r.nodes {
		if n.Rewritten.IsZero() {
			return math.NaN()
		}
		longest = max(longest, r.time().Sub(n.Rewritten).Seconds())
	}
	return longest
}

func (j *Job) overdue() (n float64) {
	for _, finding := range j.Findings() {
		if strings.HasPrefix(finding, overduePrefix) {
			n++
		}
	}
	return n
}

// publish makes r the report. It logs findings that are new.
func (j *Job) publish(r *report) {
	j.last.Store(r)
	findings := j.Findings()
	for _, finding := range findings {
		if !slices.Contains(j.logged, finding) {
			j.opts.Logger.Warn(finding)
		}
	}
	j.logged = findings
}

// Findings returns a line for each promise that is overdue or in danger.
func (j *Job) Findings() (findings []string) {
	r := j.last.Load()
	if r == nil {
		return nil
	}
	now := r.time()
	if !r.oldest.IsZero() && now.Sub(r.oldest) > j.opts.Retention+j.margin() {
		findings = append(findings, overduePrefix+"Redis holds a message that is older than the retention")
	}
	for _, name := range slices.Sorted(maps.Keys(r.nodes)) {
		n, role := r.nodes[name], "a node"
		if name == primaryName {
			role = "the primary"
		}
		finding := fmt.Sprintf("redis: the append-only file of %s may keep messages that are expired", role)
		problem := cmp.Or(n.Away, n.Failure)
		if problem != "" {
			finding += ": " + problem
		}
		late := !n.Dirty.IsZero() && now.Sub(n.Dirty) > min(overdueAfter, 2*j.times.rewrite+j.margin())
		if late {
			finding = overduePrefix + finding
		}
		if late || problem != "" {
			findings = append(findings, finding)
		}
	}
	return slices.Compact(findings)
}

// margin is how late the job may be before that is a finding.
func (j *Job) margin() time.Duration {
	return max(30*time.Second, min(5*time.Minute, j.opts.Retention/10))
}
