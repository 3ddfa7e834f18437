package nginx_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chatter/nginx"
)

func TestSite_IsAcceptedByNginx(t *testing.T) {
	d := dir(t)
	run := &site{prefix: filepath.Join(d, "nginx")}
	run.write(t, nginx.Site{Listen: "127.0.0.1:8080", ServerName: "chat.example.org", HTTPD: "unix:/a.sock", WSD: "127.0.0.1:8001"})
	out, err := run.command(t, "-t").CombinedOutput()
	if err != nil {
		t.Fatalf("nginx -t: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		// These two depend on who runs the test, not on the site.
		if strings.Contains(line, "[warn]") && !strings.Contains(line, `"user" directive`) && !strings.Contains(line, "open file resource limit") {
			t.Errorf("nginx -t: %s", line)
		}
	}
}

func TestSite_HasNoOtherVariables(t *testing.T) {
	conf, err := nginx.Site{Listen: "80", HTTPD: "unix:/a", WSD: "unix:/b"}.Conf()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range conf {
		if strings.Contains(text, "${") {
			t.Errorf("something is left to fill in in %s", name)
		}
	}
}

func TestSite_RefusesValuesThatWouldChangeTheFile(t *testing.T) {
	good := nginx.Site{Listen: "80", ServerName: "a", HTTPD: "unix:/a", WSD: "unix:/b"}
	for name, spoil := range map[string]func(*nginx.Site){
		"no address":       func(s *nginx.Site) { s.Listen = "" },
		"second directive": func(s *nginx.Site) { s.ServerName = "a; return 200" },
		"block":            func(s *nginx.Site) { s.HTTPD = "unix:/a}" },
		"negative limit":   func(s *nginx.Site) { s.SocketsPerAddress = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			s := good
			spoil(&s)
			if _, err := s.Conf(); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// A run that was killed leaves its files behind, among them a pid file that names a
// process of somebody else by now, and the sockets of its services.
func TestSite_StartsOverTheRemainsOfAKilledRun(t *testing.T) {
	d := dir(t)
	prefix := filepath.Join(d, "nginx")
	if err := os.MkdirAll(filepath.Join(prefix, "logs"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nginx.pid": "1\n", "site.conf": "broken", "nginx.conf": "broken", "logs/chatter-access.log": "earlier\n",
	} {
		if err := os.WriteFile(filepath.Join(prefix, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run := start(t, d, nginx.Site{})
	both(t, run)
	if resp := run.get(t, "/"); resp.StatusCode != 200 {
		t.Errorf("GET / = %d", resp.StatusCode)
	}
	if log := run.log(t, "chatter-access.log"); !strings.HasPrefix(log, "earlier\n") {
		t.Error("the earlier log is gone")
	}
}
