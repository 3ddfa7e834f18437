package faults_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"chatter/supervisor/test/fixture"
)

var race = sync.OnceValues(func() (string, error) { return fixture.Build("CHATTER_TEST_RACE_SERVICES", "-race") })

// raceServices returns the directory of an httpd and a wsd that report data races in their
// logs. Building them takes a C compiler.
func raceServices(t *testing.T) string {
	t.Helper()
	dir, err := race()
	for _, why := range []string{"requires cgo", "C compiler"} {
		if err != nil && strings.Contains(err.Error(), why) {
			fixture.Missing(t, err.Error())
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// failOnRace fails the test if a service in dir reported a data race.
func failOnRace(t *testing.T, dir string) {
	t.Helper()
	reports, err := races(dir)
	if err != nil {
		t.Error(err)
	}
	for _, report := range reports {
		t.Error(report)
	}
}

// races returns the first report of a data race in each log of the stack in dir, rotated
// logs included.
func races(dir string) (reports []string, err error) {
	const most = 4000
	logs, err := filepath.Glob(filepath.Join(dir, "logs", "*log*"))
	if err != nil {
		return nil, err
	}
	for _, path := range logs {
		text, err := os.ReadFile(path)
		if err != nil {
			return reports, err
		}
		if _, report, found := strings.Cut(string(text), "WARNING: DATA RACE"); found {
			reports = append(reports, filepath.Base(path)+": data race"+report[:min(len(report), most)])
		}
	}
	return reports, nil
}

func TestRaces_AreFoundInEveryLog(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"httpd-0.log":   "msg=serving\n",
		"wsd-0.log":     "msg=serving\n==================\nWARNING: DATA RACE\nWrite at 0x1\n",
		"wsd-1.log":     "",
		"wsd-1.log.2":   "==================\nWARNING: DATA RACE\nRead at 0x2\n",
		"httpd-1.log.1": "msg=request\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, "logs", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	reports, err := races(dir)
	if err != nil || len(reports) != 2 || !strings.Contains(reports[0], "Write at") || !strings.Contains(reports[1], "Read at") {
		t.Errorf("got %q, %v", reports, err)
	}
}
