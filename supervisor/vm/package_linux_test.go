package vm_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// interval is the time between two requests for pages.
const interval = 20 * time.Millisecond

// The versions of the packages. All are built from the same commit.
const (
	oldVersion   = "0.1.1000"
	newVersion   = "0.1.1001"
	laterVersion = "0.2.0" // cannot be replaced by the others
)

// scenario is one machine with its packages. Its steps build upon each other.
type scenario struct {
	*machine
	debs   map[string]string // the packages, by version
	before string            // the machine's files before the package was installed
}

// TestPackage does what an operator does, a step after the other.
func TestPackage(t *testing.T) {
	need(t, "git", "debootstrap", "systemd-nspawn", "nsenter")
	if os.Getuid() != 0 {
		t.Fatal("only root can boot a machine")
	}
	s := &scenario{debs: make(map[string]string)}
	dir := t.TempDir()
	for _, version := range []string{oldVersion, newVersion, laterVersion} {
		s.debs[version] = build(t, dir, version)
	}
	s.machine = newMachine(t)
	s.boot()
	s.run("printf '[program:other]\ncommand=sleep infinity\n' >/etc/supervisor/conf.d/other.conf && supervisorctl update")
	s.before = s.files()
	for _, step := range []struct {
		name string
		run  func(*testing.T, *scenario)
	}{
		{"same bytes", buildsTheSameBytes},
		{"install", installs},
		{"talk", talks},
		{"doctor, status, backup", examines},
		{"reboot", reboots},
		{"kill each part", killsEachPart},
		{"upgrade under load", upgradesUnderLoad},
		{"downgrade", downgrades},
		{"broken new binary", refusesABrokenBinary},
		{"remove", removes},
		{"beside another site", installsBesideAnotherSite},
		{"https", getsHTTPS},
		{"purge", purges},
		{"move from the manual setup", moves},
	} {
		begun := time.Now()
		if !t.Run(step.name, func(t *testing.T) { s.t = t; step.run(t, s) }) {
			t.Fatalf("the steps after this one need it\n%s", s.explain())
		}
		t.Logf("%s: %v", step.name, time.Since(begun).Round(100*time.Millisecond))
	}
}

// explain returns what a person needs to see why a step failed. It is short: what the step itself
// said stands above it.
func (s *scenario) explain() string {
	out, _ := s.try("supervisorctl status | grep -v RUNNING; grep -hE 'ERROR|WARN' /var/log/chatter/*.log | tail -n 5; journalctl -n 5 -p warning --no-pager -u nginx -u supervisor")
	return out
}

// page returns the status and the text of a page of the site.
func (s *scenario) page(host, path string, cookies ...*http.Cookie) (int, string, error) {
	r, err := http.NewRequest(http.MethodGet, strings.TrimSuffix(siteURL, "/")+path, nil)
	if err != nil {
		return 0, "", err
	}
	r.Host = host
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	response, err := s.client().Do(r)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// serves waits until the site answers on port 80.
func (s *scenario) serves(host string) {
	s.t.Helper()
	s.await("the site serves its sign-in page to "+host, func() error {
		status, text, err := s.page(host, "/")
		if err != nil || status != 200 || !strings.Contains(text, "<form") {
			return fmt.Errorf("status %d, %w: %q", status, err, text)
		}
		return nil
	})
}

// runs waits until all programs of Chatter run, and run this version.
func (s *scenario) runs(version string) {
	s.t.Helper()
	s.await("all programs run "+version, func() error {
		out, err := s.try("supervisorctl status chatter-redis 'httpd:*' 'wsd:*'")
		if n := strings.Count(out, " RUNNING "); n != 5 {
			return fmt.Errorf("%d of 5 programs run, %w:\n%s", n, err, out)
		}
		out, err = s.try("for p in httpd:httpd_0 httpd:httpd_1 wsd:wsd_0 wsd:wsd_1; do readlink /proc/$(supervisorctl pid $p)/exe; done")
		if n := strings.Count(out, "/usr/lib/chatter/"+version+"/"); n != 4 {
			return fmt.Errorf("%d of 4 processes run %s, %w:\n%s", n, version, err, out)
		}
		return nil
	})
}
