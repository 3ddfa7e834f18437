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
	state state
	now   time.Time // by Redis's clock
	at    time.Time // the same moment by this process's clock; zero if it knows nothing
}

// time estimates Redis's clock.
func (r report) time() time.Time { return r.now.Add(time.Since(r.at)) }

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

func (j *Job) report() report {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}

func (j *Job) oldestSeconds() float64 {
	r := j.report()
	switch {
	case r.at.IsZero():
		return math.NaN()
	case r.state.oldest.IsZero():
		return 0
	}
	return r.time().Sub(r.state.oldest).Seconds()
}

func (j *Job) rewriteSeconds() float64 {
	r, longest := j.report(), math.NaN()
	for _, n := range r.state.nodes {
		if n.Rewritten.IsZero() {
			return math.NaN()
		}
		if age := r.time().Sub(n.Rewritten).Seconds(); !(age < longest) { // true for NaN
			longest = age
		}
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
func (j *Job) publish(r report) {
	j.mu.Lock()
	j.last = r
	j.mu.Unlock()
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
	r := j.report()
	if r.at.IsZero() {
		return nil
	}
	now, o := r.time(), r.state.oldest
	if !o.IsZero() && now.Sub(o) > j.opts.Retention+j.margin() {
		findings = append(findings, overduePrefix+"Redis holds a message that is older than the retention")
	}
	for _, name := range slices.Sorted(maps.Keys(r.state.nodes)) {
		n, role := r.state.nodes[name], "a node"
		if name == primaryName {
			role = "the primary"
		}
		late := !n.Dirty.IsZero() && now.Sub(n.Dirty) > min(overdueAfter, 2*j.times.rewrite+j.margin())
		if problem := cmp.Or(n.Away, n.Failure); problem != "" || late {
			findings = append(findings, finding(role, problem, late))
		}
	}
	return slices.Compact(findings)
}

func finding(role, problem string, late bool) string {
	text := fmt.Sprintf("redis: the append-only file of %s may keep messages that are expired", role)
	if problem != "" {
		text += ": " + problem
	}
	if late {
		return overduePrefix + text
	}
	return text
}

// margin is how late the job may be before that is a finding.
func (j *Job) margin() time.Duration {
	return max(30*time.Second, min(5*time.Minute, j.opts.Retention/10))
}
