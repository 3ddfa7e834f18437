package monitoring_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"chatter/supervisor/run/child"
	"chatter/supervisor/test/fixture"
)

// series are samples once a minute, in promtool's notation, by the series.
type series map[string]string

// healthy are the metrics of a site that is well.
var healthy = series{
	`up{job="chatter",instance="httpd-0"}`:                                             "1+0x300",
	`up{job="chatter",instance="wsd-0"}`:                                               "1+0x300",
	`process_start_time_seconds{job="chatter",instance="wsd-0"}`:                       "0+0x300",
	`process_open_fds{job="chatter",instance="wsd-0"}`:                                 "100+0x300",
	`process_max_fds{job="chatter",instance="wsd-0"}`:                                  "65536+0x300",
	`process_resident_memory_bytes{job="chatter",instance="httpd-0"}`:                  "200000000+0x300",
	`process_resident_memory_bytes{job="chatter",instance="wsd-0"}`:                    "1200000000+0x300",
	`chatter_sockets{job="chatter",instance="wsd-0"}`:                                  "10000+0x300",
	`chatter_build_info{job="chatter",instance="httpd-0",version="1"}`:                 "1+0x300",
	`chatter_build_info{job="chatter",instance="wsd-0",version="1"}`:                   "1+0x300",
	`chatter_unavailable_total{job="chatter",instance="wsd-0"}`:                        "7+0x300",
	`chatter_httpd_redis_errors_total{job="chatter",instance="httpd-0"}`:               "7+0x300",
	`chatter_ack_seconds_bucket{job="chatter",instance="wsd-0",le="0.5"}`:              "0+1000x300",
	`chatter_ack_seconds_bucket{job="chatter",instance="wsd-0",le="5"}`:                "0+1005x300",
	`chatter_ack_seconds_bucket{job="chatter",instance="wsd-0",le="+Inf"}`:             "0+1005x300",
	`chatter_httpd_request_seconds_bucket{job="chatter",instance="httpd-0",le="0.5"}`:  "0+1000x300",
	`chatter_httpd_request_seconds_bucket{job="chatter",instance="httpd-0",le="5"}`:    "0+1005x300",
	`chatter_httpd_request_seconds_bucket{job="chatter",instance="httpd-0",le="+Inf"}`: "0+1005x300",
	`chatter_httpd_requests_total{job="chatter",instance="httpd-0",status="200"}`:      "0+1000x300",
	`chatter_httpd_requests_total{job="chatter",instance="httpd-0",status="503"}`:      "0+1x300",
	`chatter_redis_memory_share{job="chatter",instance="wsd-0"}`:                       "0.5+0x300",
	`chatter_redis_disk_free_bytes{job="chatter",instance="wsd-0"}`:                    "2e10-1e5x300",
	`chatter_redis_file_bytes{job="chatter",instance="wsd-0"}`:                         "1e8+0x300",
	`chatter_promises_overdue{job="chatter",instance="wsd-0"}`:                         "0+0x300",
	`chatter_findings{job="chatter",instance="wsd-0"}`:                                 "0+0x300",
	`chatter_closes_total{job="chatter",instance="wsd-0",code="1013"}`:                 "5+0x300",
	`chatter_closes_total{job="chatter",instance="wsd-0",code="1012"}`:                 "0+100x300",
	`chatter_refusals_total{job="chatter",instance="wsd-0",reason="class"}`:            "0+60x300",
	`chatter_frames_flooding_total{job="chatter",instance="wsd-0"}`:                    "0+0x300",
}

// broken has for each alert what differs from a healthy site; "" for a series that is missing.
var broken = map[string]series{
	"ChatterProcessDown":    {`up{job="chatter",instance="wsd-0"}`: "0+0x300"},
	"ChatterNothingScraped": {`up{job="chatter",instance="httpd-0"}`: "", `up{job="chatter",instance="wsd-0"}`: ""},
	"ChatterRestartsOften":  {`process_start_time_seconds{job="chatter",instance="wsd-0"}`: "0+60x300"},
	"ChatterRedisAway":      {`chatter_unavailable_total{job="chatter",instance="wsd-0"}`: "0+1x300"},
	"ChatterAcksSlow": {
		`chatter_ack_seconds_bucket{job="chatter",instance="wsd-0",le="5"}`:    "0+1100x300",
		`chatter_ack_seconds_bucket{job="chatter",instance="wsd-0",le="+Inf"}`: "0+1100x300",
	},
	"ChatterPagesSlow": {
		`chatter_httpd_request_seconds_bucket{job="chatter",instance="httpd-0",le="5"}`:    "0+1100x300",
		`chatter_httpd_request_seconds_bucket{job="chatter",instance="httpd-0",le="+Inf"}`: "0+1100x300",
	},
	"ChatterPagesFail":      {`chatter_httpd_requests_total{job="chatter",instance="httpd-0",status="503"}`: "0+100x300"},
	"ChatterRedisFilling":   {`chatter_redis_memory_share{job="chatter",instance="wsd-0"}`: "0.75+0x300"},
	"ChatterRedisFull":      {`chatter_redis_memory_share{job="chatter",instance="wsd-0"}`: "0.95+0x300"},
	"ChatterDiskFull":       {`chatter_redis_file_bytes{job="chatter",instance="wsd-0"}`: "1.1e10+0x300"},
	"ChatterDiskFilling":    {`chatter_redis_disk_free_bytes{job="chatter",instance="wsd-0"}`: "2e10-1e7x300"},
	"ChatterPromiseOverdue": {`chatter_promises_overdue{job="chatter",instance="wsd-0"}`: "1+0x300"},
	"ChatterFindings":       {`chatter_findings{job="chatter",instance="wsd-0"}`: "2+0x300"},
	"ChatterDescriptors":    {`process_open_fds{job="chatter",instance="wsd-0"}`: "60000+0x300"},
	"ChatterMemory":         {`process_resident_memory_bytes{job="chatter",instance="wsd-0"}`: "1500000000+0x300"},
	"ChatterOverloaded":     {`chatter_closes_total{job="chatter",instance="wsd-0",code="1013"}`: "0+1x300"},
	"ChatterUnderAttack":    {`chatter_refusals_total{job="chatter",instance="wsd-0",reason="class"}`: "0+1200x300"},
	"ChatterVersionsDiffer": {`chatter_build_info{job="chatter",instance="wsd-0",version="1"}`: "", `chatter_build_info{job="chatter",instance="wsd-0",version="2"}`: "1+0x300"},
}

// passing are faults of a moment, which fire nothing: each began and ended two minutes before.
var passing = map[string]series{
	"Redis was restarted":  {`chatter_unavailable_total{job="chatter",instance="wsd-0"}`: "7+0x237 9+0x60"},
	"wsd turned one away":  {`chatter_closes_total{job="chatter",instance="wsd-0",code="1013"}`: "5+0x237 6+0x60"},
	"pages have failed":    {`chatter_httpd_requests_total{job="chatter",instance="httpd-0",status="503"}`: "0+1x237 400+1x60"},
	"a process was killed": {`process_start_time_seconds{job="chatter",instance="wsd-0"}`: "0+0x237 60+0x60"},
}

// alsoFires are alerts that fire beside another, because one is a worse case of the other.
var alsoFires = map[string]string{"ChatterRedisFull": "ChatterRedisFilling"}

type (
	inputSeries struct {
		Series string `json:"series"`
		Values string `json:"values"`
	}
	sample struct {
		Labels string  `json:"labels"`
		Value  float64 `json:"value"`
	}
	exprTest struct {
		Expr       string   `json:"expr"`
		EvalTime   string   `json:"eval_time"`
		ExpSamples []sample `json:"exp_samples"`
	}
	ruleTest struct {
		Interval string        `json:"interval"`
		Input    []inputSeries `json:"input_series"`
		Exprs    []exprTest    `json:"promql_expr_test"`
	}
)

// testOf returns a test that exactly these alerts fire, late enough for the slowest.
func testOf(differs series, fires ...string) ruleTest {
	all := maps.Clone(healthy)
	maps.Copy(all, differs)
	r := ruleTest{Interval: "1m"}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name] != "" {
			r.Input = append(r.Input, inputSeries{name, all[name]})
		}
	}
	firing := exprTest{Expr: `count by (alertname) (ALERTS{alertstate="firing"})`, EvalTime: "4h"}
	for _, name := range fires {
		firing.ExpSamples = append(firing.ExpSamples, sample{`{alertname="` + name + `"}`, 1})
	}
	r.Exprs = []exprTest{firing}
	return r
}

// Prometheus itself evaluates the rules. promtool is in Debian's package prometheus.
func TestAlerts_FireForWhatTheyAreAbout(t *testing.T) {
	promtool, err := child.Find("promtool")
	if err != nil {
		fixture.Missing(t, "promtool is not installed: "+err.Error())
	}
	rules, err := filepath.Abs("alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	tests := []ruleTest{testOf(nil)}
	for _, a := range alerts(t) {
		differs, ok := broken[a.name]
		if !ok {
			t.Errorf("nothing is broken for %s", a.name)
		}
		fires := []string{a.name}
		if also := alsoFires[a.name]; also != "" {
			fires = append(fires, also)
		}
		tests = append(tests, testOf(differs, fires...))
	}
	for _, differs := range passing {
		tests = append(tests, testOf(differs))
	}
	text, err := json.Marshal(map[string]any{"rule_files": []string{rules}, "evaluation_interval": "1m", "tests": tests}) // JSON is YAML
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "tests.yml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"test", "rules", file}, {"check", "rules", "alerts.yml"}, {"check", "config", "--syntax-only", "prometheus.yml"}} {
		if out, err := exec.Command(promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %q: %v\n%s", args, err, out)
		}
	}
}
