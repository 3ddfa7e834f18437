// Package monitoring_test compares the dashboard and the alerts with the metrics that the
// services have, and tries the alerts and the files that Prometheus needs.
package monitoring_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"chatter/shared/name"
	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

func TestMain(m *testing.M) { os.Exit(fixture.Main(m)) }

// labels are those of one metric, with the values that were seen.
type labels map[string][]string

var (
	line  = regexp.MustCompile(`(?m)^([a-z]\w*)(?:\{(.*)\})? \S+$`)
	label = regexp.MustCompile(`(\w+)="([^"]*)"`)
)

// metricsOf starts a stack in which a guest reads and speaks, and returns the metrics of all
// processes.
func metricsOf(t *testing.T, s *stack.Stack) map[string]labels {
	t.Helper()
	cookie, err := guest.SignIn(t.Context(), http.DefaultClient, s.URL(), "Ann")
	if err != nil {
		t.Fatal(err)
	}
	room, err := name.ParseRoom("Tea")
	if err != nil {
		t.Fatal(err)
	}
	acked := make(chan struct{})
	g, err := guest.New(guest.Options{URL: s.URL(), Room: room, Cookie: cookie, Hooks: guest.Hooks{
		Acked: func(guest.Entry, wire.ID) { close(acked) },
	}})
	if err != nil {
		t.Fatal(err)
	}
	g.Say("hello")
	go g.Run(t.Context())
	<-acked
	metrics := map[string]labels{"up": {}}
	for _, process := range stack.Processes {
		if !strings.Contains(process, ":") {
			continue // nginx and Redis have no metrics
		}
		text, err := s.AdminGet(t.Context(), process, "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range line.FindAllStringSubmatch(text, -1) {
			if metrics[m[1]] == nil {
				metrics[m[1]] = labels{"job": {"chatter"}, "instance": nil}
			}
			for _, l := range label.FindAllStringSubmatch(m[2], -1) {
				if !slices.Contains(metrics[m[1]][l[1]], l[2]) {
					metrics[m[1]][l[1]] = append(metrics[m[1]][l[1]], l[2])
				}
			}
		}
	}
	metrics["up"] = labels{"job": {"chatter"}, "instance": nil}
	return metrics
}

// closed are the labels whose values come from a list in the code. Nothing else may become a
// label: a room, a name or an address in a metric would be stored by Prometheus.
var closed = map[string]string{
	"job": `chatter`, "instance": ``, "le": `[0-9.e+-]+|\+Inf`, "quantile": `[0-9.]+`, "version": `\S+`,
	"code": `[0-9]{4}`, "reason": `[a-z]+`, "refused": `(new|all|long) [a-z]+`, "kind": `[a-z]+`,
	"method": `[A-Z]+`, "status": `[0-9]{3}`, "route": `none|/[a-z:*/.]*`,
}

func checkLabels(t *testing.T, metrics map[string]labels) {
	t.Helper()
	for metric, all := range metrics {
		for name, values := range all {
			form, ok := closed[name]
			if !ok {
				t.Errorf("%s has the label %s, which is not among those that tell no content", metric, name)
			}
			for _, value := range values {
				if !regexp.MustCompile(`^(?:` + form + `)$`).MatchString(value) {
					t.Errorf("%s has %s=%q", metric, name, value)
				}
			}
		}
	}
}

var (
	selector = regexp.MustCompile(`\b((?:chatter|process|go)_\w+|up)\b(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`(\w+)(=~|!=|=)"([^"]*)"`)
	grouping = regexp.MustCompile(`by \(([^)]*)\)`)
)

// problems returns what an expression asks for that the services do not have, and notes the
// metrics that it uses.
func problems(expr string, metrics map[string]labels, used map[string]bool) (found []string) {
	there := map[string]bool{}
	for _, m := range selector.FindAllStringSubmatch(expr, -1) {
		all, ok := metrics[m[1]]
		if !ok {
			found = append(found, "there is no metric "+m[1])
			continue
		}
		used[m[1]] = true
		for name := range all {
			there[name] = true
		}
		for _, l := range matcher.FindAllStringSubmatch(m[2], -1) {
			values, ok := all[l[1]]
			if !ok {
				found = append(found, fmt.Sprintf("%s has no label %s", m[1], l[1]))
			} else if l[2] == "=" && values != nil && !slices.Contains(values, l[3]) {
				found = append(found, fmt.Sprintf("%s has no %s=%q", m[1], l[1], l[3]))
			}
		}
	}
	for _, m := range grouping.FindAllStringSubmatch(expr, -1) {
		for name := range strings.SplitSeq(m[1], ",") {
			if !there[strings.TrimSpace(name)] {
				found = append(found, fmt.Sprintf("%q: nothing has the label %s", expr, name))
			}
		}
	}
	if len(there) == 0 && len(found) == 0 {
		found = append(found, fmt.Sprintf("%q uses no metric", expr))
	}
	return found
}

func TestProblems_FindsThem(t *testing.T) {
	metrics := map[string]labels{"chatter_x_total": {"code": {"1013"}, "job": {"chatter"}, "instance": nil}}
	for expr, want := range map[string]bool{
		`sum by (code) (rate(chatter_x_total{code="1013"}[5m]))`: false, `chatter_x_total{instance="a"}`: false, `chatter_x_total{code=~"10.."}`: false,
		`chatter_y_total`: true, `chatter_x_total{kind="a"}`: true, `chatter_x_total{code="1014"}`: true, `sum by (reason) (chatter_x_total)`: true, `vector(1)`: true,
	} {
		if got := problems(expr, metrics, map[string]bool{}); want != (len(got) > 0) {
			t.Errorf("%s: %q", expr, got)
		}
	}
}
