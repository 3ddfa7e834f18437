package monitoring_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

// unused are metrics that neither a graph nor an alert needs.
var unused = map[string]string{
	"chatter_landlock_version":            "chatterctl doctor and HARDENING.md speak of it; it changes with the kernel only",
	"go_":                                 "the runtime's own are for a developer with a profile",
	"process_virtual_memory_":             "Go reserves address space that costs nothing",
	"process_network_":                    "it counts the whole machine, not the process",
	"chatter_httpd_request_seconds_count": "chatter_httpd_requests_total has the status, too",
	"chatter_httpd_request_seconds_sum":   "an average hides the slow ones",
	"chatter_ack_seconds_count":           "chatter_stored_total counts the same",
	"chatter_ack_seconds_sum":             "an average hides the slow ones",
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

type panel struct {
	ID         int
	Type       string
	Title      string
	GridPos    struct{ H, W, X, Y int }
	Datasource struct{ UID string }
	Targets    []struct{ Expr, LegendFormat string }
}

func panels(t *testing.T) []panel {
	t.Helper()
	var dashboard struct {
		Panels     []panel
		Templating struct{ List []struct{ Name, Type string } }
	}
	if err := json.Unmarshal([]byte(read(t, "dashboard.json")), &dashboard); err != nil {
		t.Fatal(err)
	}
	if v := dashboard.Templating.List; len(v) != 1 || v[0].Name != "datasource" || v[0].Type != "datasource" {
		t.Errorf("the dashboard does not ask for its data source: %+v", v)
	}
	return dashboard.Panels
}

// alert is one rule of alerts.yml.
type alert struct{ name, expr, action string }

func alerts(t *testing.T) (all []alert) {
	t.Helper()
	for _, block := range strings.Split(read(t, "alerts.yml"), "- alert: ")[1:] {
		name, rest, _ := strings.Cut(block, "\n")
		_, rest, _ = strings.Cut(rest, "expr: ")
		expr, rest, _ := strings.Cut(rest, "        labels: {severity: ")
		_, action, _ := strings.Cut(rest, "action: ")
		all = append(all, alert{strings.TrimSpace(name), regexp.MustCompile(`\n +for: .*\n`).ReplaceAllString(expr, ""), strings.TrimSpace(action)})
	}
	return all
}

func TestFiles_UseEveryMetricThatThereIs(t *testing.T) {
	metrics := metricsOf(t, fixture.Start(t, stack.Options{}))
	checkLabels(t, metrics)
	used := map[string]bool{}
	for _, p := range panels(t) {
		for _, target := range p.Targets {
			for _, problem := range problems(target.Expr, metrics, used) {
				t.Errorf("dashboard, %s: %s", p.Title, problem)
			}
		}
	}
	for _, a := range alerts(t) {
		for _, problem := range problems(a.expr, metrics, used) {
			t.Errorf("%s: %s", a.name, problem)
		}
	}
	for metric := range metrics {
		if !used[metric] && !deliberately(metric) {
			t.Errorf("neither the dashboard nor an alert uses %s, and it is not among those that nobody needs", metric)
		}
	}
	for metric := range unused {
		if _, ok := metrics[metric]; !ok && !strings.HasSuffix(metric, "_") || used[metric] {
			t.Errorf("%s is among those that nobody needs, but it is used or does not exist", metric)
		}
	}
}

func deliberately(metric string) bool {
	for name := range unused {
		if metric == name || strings.HasSuffix(name, "_") && strings.HasPrefix(metric, name) {
			return true
		}
	}
	return false
}

func TestDashboard_HasItsPanelsSideBySide(t *testing.T) {
	seen := map[[2]int]string{}
	var ids []int
	for _, p := range panels(t) {
		if slices.Contains(ids, p.ID) || p.Title == "" {
			t.Errorf("panel %d %q has an id twice, or no title", p.ID, p.Title)
		}
		ids = append(ids, p.ID)
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if seen[at] != "" || at[0] >= 24 {
					t.Fatalf("%q lies over %q", p.Title, seen[at])
				}
				seen[at] = p.Title
			}
		}
		if p.Type != "row" && (p.Datasource.UID != "${datasource}" || len(p.Targets) == 0) {
			t.Errorf("%q has no data", p.Title)
		}
	}
}

func TestAlerts_SayWhatToDo(t *testing.T) {
	page := read(t, "../MONITORING.md")
	for _, a := range alerts(t) {
		if len(a.action) < 30 || !strings.HasSuffix(a.action, ".") || strings.Contains(a.action, "\n") {
			t.Errorf("%s: action %q is no sentence of one line", a.name, a.action)
		}
		if !strings.Contains(page, "| `"+a.name+"` |") {
			t.Errorf("MONITORING.md does not explain %s", a.name)
		}
	}
}
