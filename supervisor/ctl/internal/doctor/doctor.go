// Package doctor examines a machine that runs Chatter and says what endangers its promises.
// It changes nothing, except that it signs in as a guest and says one message.
//
// A check examines one area: programs, sockets, secret, settings, Redis and so on. What a
// check finds is a Finding of one of the kinds in kinds.go; supervisor/DOCTOR.md has the same
// kinds. What a check cannot examine it says, too.
package doctor

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Level says how bad a finding is.
type Level string

// The levels, the worst first.
const (
	Danger  Level = "danger"  // a promise of design is broken, or is when something fails
	Warning Level = "warning" // works now, but not for long or not for everybody
	Note    Level = "note"    // worth knowing
)

var levels = []Level{Danger, Warning, Note}

// Finding is one line of the report.
type Finding struct {
	Level Level  `json:"level"`
	Kind  string `json:"kind"`
	What  string `json:"what"`          // is wrong
	Why   string `json:"why"`           // it matters
	Fix   string `json:"fix,omitempty"` // the command that fixes it, or what to do
}

// Unexamined is what could not be examined.
type Unexamined struct {
	What    string `json:"what"`
	Because string `json:"because"`
}

// Report is the result of an examination.
type Report struct {
	Findings   []Finding    `json:"findings"`
	Unexamined []Unexamined `json:"unexamined"`
	Fine       []string     `json:"fine"` // areas without a finding, with a figure where there is one
}

// InDanger reports whether a promise is in danger.
func (r Report) InDanger() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Level == Danger })
}

// result collects what one check finds.
type result struct {
	findings   []Finding
	unexamined []Unexamined
	figure     string // that a check tells when all is fine
}

// found adds a finding. args fill in the kind's fix.
func (r *result) found(k kind, what string, args ...any) {
	f := Finding{Level: k.level, Kind: k.name, What: what, Why: k.why, Fix: k.fix}
	if len(args) > 0 {
		f.Fix = fmt.Sprintf(k.fix, args...)
	}
	if !slices.Contains(r.findings, f) {
		r.findings = append(r.findings, f)
	}
}

func (r *result) notExamined(what, because string, args ...any) {
	u := Unexamined{what, fmt.Sprintf(because, args...)}
	if !slices.Contains(r.unexamined, u) {
		r.unexamined = append(r.unexamined, u)
	}
}

// check examines one area.
type check struct {
	area string
	run  func(ctx context.Context, m *Machine, r *result)
	// processes says that there is nothing to examine without a process of Chatter.
	processes bool
}

// checks run in this order. The last one talks, and its message is part of what Redis holds.
var checks = []check{
	{"programs", checkPrograms, false},
	{"readiness", checkReadiness, true},
	{"versions", checkVersions, true},
	{"sockets", checkSockets, false},
	{"secret", checkSecret, true},
	{"settings", checkSettings, true},
	{"descriptors", checkDescriptors, false},
	{"redis", checkRedis, false},
	{"clock", checkClock, false},
	{"disk", checkDisk, false},
	{"nginx", checkNginx, false},
	{"logs", checkLogs, false},
	{"limits", checkLimits, false},
	{"https", checkHTTPS, false},
	{"certificate", checkCertificate, false},
	{"names", checkNames, false},
	{"kernel", checkKernel, false},
	{"talk", checkTalk, false},
}

// checkTime bounds one check.
const checkTime = 45 * time.Second

// Examine runs all checks.
func Examine(ctx context.Context, m *Machine) Report {
	defer m.close()
	m.look(ctx)
	report := Report{Findings: []Finding{}, Unexamined: []Unexamined{}, Fine: []string{}}
	for _, c := range checks {
		within, cancel := context.WithTimeout(ctx, checkTime)
		r := new(result)
		if c.processes && len(m.processes) == 0 {
			r.notExamined(c.area, "no process of Chatter is found in %s", m.dir)
		} else {
			c.run(within, m, r)
		}
		cancel()
		report.Findings = append(report.Findings, r.findings...)
		report.Unexamined = append(report.Unexamined, r.unexamined...)
		quiet := !slices.ContainsFunc(r.findings, func(f Finding) bool { return f.Level != Note })
		switch {
		case !quiet || len(r.findings)+len(r.unexamined) > 0 && r.figure == "":
		case r.figure == "":
			report.Fine = append(report.Fine, c.area)
		default:
			report.Fine = append(report.Fine, c.area+" ("+r.figure+")")
		}
	}
	for i := range report.Findings {
		m.commandsFor(&report.Findings[i])
	}
	slices.SortStableFunc(report.Findings, func(a, b Finding) int {
		return slices.Index(levels, a.Level) - slices.Index(levels, b.Level)
	})
	return report
}
