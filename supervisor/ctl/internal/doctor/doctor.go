// Package doctor examines a machine that runs Chatter and says what endangers its promises.
// It changes nothing, except that it signs in as a guest and says one message.
//
// A check examines one area. It stands beside the kinds of its findings, so that the name of a
// finding leads to one file. supervisor/DOCTOR.md has the same kinds. What a check cannot
// examine it says, too.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// check examines one area.
type check struct {
	area  string
	run   func(ctx context.Context, m *Machine, r *result)
	needs need
	kinds []kind // of its findings
}

// kind is a kind of finding. Its fix is a format if each finding fills something in.
type kind struct {
	name  string
	level Level
	why   string
	fix   string
}

// checks run in this order. The last one talks, and its message is part of what Redis holds.
var checks = []check{
	programsCheck, readinessCheck, versionsCheck, socketsCheck, secretCheck, settingsCheck, descriptorsCheck,
	redisCheck, clockCheck, diskCheck, nginxCheck, logsCheck, limitsCheck, httpsCheck, certificateCheck,
	namesCheck, kernelCheck, talkCheck,
}

// checkTime bounds one check.
const checkTime = 45 * time.Second

// need is a part of the machine without which a check is not run.
type need uint8

const (
	nothing      need = iota
	processes         // of Chatter
	redisAddress      // which may be that of a Redis that does not answer
	redisAnswers
	nginxConfig // which may be wrong
	nginxSite   // a server that passes requests to Chatter
)

// missing returns why a part is not there, "" if it is.
func (m *Machine) missing(n need) string {
	_, refused := errors.AsType[refusal](m.confErr)
	switch n {
	case processes:
		if len(m.processes) == 0 {
			return "no process of Chatter is found in " + m.dir
		}
	case redisAddress, redisAnswers:
		switch {
		case m.setting("redis-embedded") == "true":
			return "Redis is the one inside make run"
		case m.redis == nil:
			return "the address of Redis is not known"
		case n == redisAnswers && len(m.primaries) == 0:
			return "Redis does not answer"
		}
	case nginxConfig, nginxSite:
		switch {
		case m.confErr != nil && !refused:
			return fmt.Sprintf("nginx's configuration cannot be read: %v", m.confErr)
		case n == nginxSite && refused:
			return "nginx's configuration is not valid"
		case n == nginxSite && len(m.conf.sites()) == 0:
			return "no server of nginx passes requests to Chatter"
		}
	}
	return ""
}

// result collects what one check finds.
type result struct {
	kinds      []kind
	findings   []*Finding
	unexamined []Unexamined
	figure     string // that a check tells when all is fine
}

// find adds a finding of a kind of the check.
func (r *result) find(name, what string, args ...any) *Finding {
	k := r.kinds[slices.IndexFunc(r.kinds, func(k kind) bool { return k.name == name })]
	f := &Finding{k.level, k.name, fmt.Sprintf(what, args...), k.why, k.fix}
	r.findings = append(r.findings, f)
	return f
}

// fill puts values into the fix.
func (f *Finding) fill(args ...any) { f.Fix = fmt.Sprintf(f.Fix, args...) }

// notExamined adds what cannot be examined.
func (r *result) notExamined(what, because string, args ...any) {
	r.unexamined = append(r.unexamined, Unexamined{what, fmt.Sprintf(because, args...)})
}

// Examine runs all checks.
func Examine(ctx context.Context, m *Machine) Report {
	defer m.close()
	m.look(ctx)
	report := Report{Findings: []Finding{}, Unexamined: []Unexamined{}, Fine: []string{}}
	for _, c := range checks {
		r := &result{kinds: c.kinds}
		if why := m.missing(c.needs); why != "" {
			r.notExamined(c.area, "%s", why)
		} else {
			within, cancel := context.WithTimeout(ctx, checkTime)
			c.run(within, m, r)
			cancel()
		}
		m.add(&report, c.area, r)
	}
	slices.SortStableFunc(report.Findings, func(a, b Finding) int {
		return slices.Index(levels, a.Level) - slices.Index(levels, b.Level)
	})
	return report
}

// add adds the result of the check of an area to the report.
func (m *Machine) add(report *Report, area string, r *result) {
	fine := true
	for _, f := range r.findings {
		if conf := m.stackConf(); conf != "" { // supervisorctl must reach the supervisord of this stack
			f.Fix = strings.ReplaceAll(f.Fix, "supervisorctl", "supervisorctl -c "+filepath.Clean(conf))
		}
		if !slices.Contains(report.Findings, *f) {
			report.Findings = append(report.Findings, *f)
		}
		fine = fine && f.Level == Note
	}
	for _, u := range r.unexamined {
		if !slices.Contains(report.Unexamined, u) {
			report.Unexamined = append(report.Unexamined, u)
		}
	}
	switch {
	case fine && r.figure != "":
		report.Fine = append(report.Fine, area+" ("+r.figure+")")
	case len(r.findings)+len(r.unexamined) == 0:
		report.Fine = append(report.Fine, area)
	}
}
