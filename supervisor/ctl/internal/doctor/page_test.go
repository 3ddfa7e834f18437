package doctor

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"chatter/supervisor/ctl/internal/terminal"

	"github.com/google/go-cmp/cmp"
)

// kinds returns the kinds of all checks, in their order.
func kinds() (all []kind) {
	for _, c := range checks {
		all = append(all, c.kinds...)
	}
	return all
}

// The page has the same findings as the code, with the same reasons and commands.
func TestPage_HasEveryFinding(t *testing.T) {
	text, err := os.ReadFile("../../../DOCTOR.md")
	if err != nil {
		t.Fatal(err)
	}
	const header = "| finding | level | why it matters | what to do |\n| --- | --- | --- | --- |\n"
	var want strings.Builder
	want.WriteString(header)
	for _, k := range kinds() {
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s |\n", k.name, k.level, k.why, fixOnPage(k))
	}
	_, table, _ := strings.Cut(string(text), header)
	table, _, _ = strings.Cut(header+table, "\n\n")
	if diff := cmp.Diff(want.String(), strings.TrimSpace(table)+"\n"); diff != "" {
		t.Errorf("DOCTOR.md (+) and the kinds (-) differ:\n%s\nThe table should be:\n\n%s", diff, want.String())
	}
}

// fixOnPage returns the fix with X for each thing that a finding fills in.
func fixOnPage(k kind) string {
	switch k.fix {
	case "":
		return "—"
	case "%s":
		return "the finding says it"
	}
	return "`" + strings.NewReplacer("%s", "X", "|", `\|`).Replace(k.fix) + "`"
}

func TestReport_FitsATerminal(t *testing.T) {
	r := Report{
		Findings:   []Finding{{Warning, "somaxconn-low", "net.core.somaxconn is 128, the sockets of the services ask for 4096", "after a restart connections are refused while everybody comes back", "sysctl -w net.core.somaxconn=4096"}},
		Unexamined: []Unexamined{{"disk of Redis", "it is on another machine"}},
		Fine:       []string{"programs (6 run)", "readiness", "versions", "sockets", "secret (1 lines in the file)", "settings"},
	}
	want := `WARNING  somaxconn-low: net.core.somaxconn is 128, the sockets of the services
         ask for 4096: after a restart connections are refused while everybody
         comes back. Fix:
         sysctl -w net.core.somaxconn=4096
not      examined: disk of Redis, because it is on another machine
fine     programs (6 run); readiness; versions; sockets; secret (1 lines in the
         file); settings
`
	if diff := cmp.Diff(want, r.String()); diff != "" {
		t.Error(diff)
	}
	for line := range strings.Lines(r.String()) {
		if utf8.RuneCountInString(line) > terminal.Width+1 {
			t.Errorf("%d characters: %s", utf8.RuneCountInString(line), line)
		}
	}
}
