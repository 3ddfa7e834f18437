package doctor

import (
	"slices"
	"strings"

	"chatter/supervisor/ctl/internal/terminal"
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
	Findings   []Finding    `json:"findings"` // the worst first
	Unexamined []Unexamined `json:"unexamined"`
	Fine       []string     `json:"fine"` // areas without a finding, with a figure where there is one
}

// InDanger reports whether a promise is in danger.
func (r Report) InDanger() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Level == Danger })
}

// String returns the report for a person. A fix stands in one line, so that it can be copied.
func (r Report) String() string {
	var b strings.Builder
	for _, f := range r.Findings {
		text := f.Kind + ": " + f.What + ": " + f.Why + "."
		if f.Fix != "" {
			text += " Fix:"
		}
		b.WriteString(terminal.Wrap(strings.ToUpper(string(f.Level)), indent, text))
		if f.Fix != "" {
			b.WriteString(strings.Repeat(" ", indent) + f.Fix + "\n")
		}
	}
	for _, u := range r.Unexamined {
		b.WriteString(terminal.Wrap("not", indent, "examined: "+u.What+", because "+u.Because))
	}
	if len(r.Fine) > 0 {
		b.WriteString(terminal.Wrap("fine", indent, strings.Join(r.Fine, "; ")))
	}
	return b.String()
}

// indent is where the text begins behind a level.
const indent = 9
