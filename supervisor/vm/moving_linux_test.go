package vm_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// moves runs the blocks of MOVING.md on another machine, which was set up by hand as MANUAL.md says
// and where a guest has said something.
func moves(t *testing.T, packages *scenario) {
	s := &scenario{debs: packages.debs, machine: newMachine(t)}
	s.layManual()
	s.boot()
	s.startACME()
	s.run("cd /var/tmp/chatter && set -eux\n" + manualSetup(t))
	browser := s.browser()
	s.await("the site that was set up by hand answers", func() error {
		response, err := browser.Get(siteHTTPS + "/")
		if err != nil {
			return err
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d", response.StatusCode)
		}
		return nil
	})
	cookie := signIn(t, browser, "Ann")
	says(t, browser, cookie, "Old", "said before the move")

	s.run("cp /etc/chatter/secret /root/")
	s.copy(s.debs[newVersion])
	for _, block := range blocks(t, "../MOVING.md") {
		if strings.HasPrefix(block, "chatterctl setup") {
			block = strings.TrimSpace(block) + acmeOptions
		}
		t.Logf("%s\n%s", block, s.run("cd /var/tmp && set -eux\n"+block))
	}
	s.runs(newVersion)
	heard(t, browser, cookie, "Old", "said before the move")
	s.run("cmp /root/secret /etc/chatter/secret && grep ^CHATTER_SAY_BURST=19$ /etc/chatter/settings")
	if out := s.run("ps -C httpd,wsd,redis-server -o args="); strings.Count(out, "\n") != 5 || strings.Contains(out, "/usr/local") {
		t.Errorf("want two httpd, two wsd and one Redis; there is\n%s", out)
	}
	s.reboot()
	s.runs(newVersion)
	heard(t, browser, cookie, "Old", "said before the move")
}

// manualSetup returns the steps of MANUAL.md, with a setting of the operator's own. The machine has
// the distribution's packages and no compiler, and asks its own ACME server.
func manualSetup(t *testing.T) string {
	t.Helper()
	var script strings.Builder
	for line := range strings.Lines(strings.Join(blocks(t, "../MANUAL.md"), "")) {
		if !strings.HasPrefix(line, "apt-get install ") {
			script.WriteString(line)
		}
	}
	return strings.NewReplacer(
		"make build && ", "",
		"systemctl daemon-reload && ", "sed -i '/CHATTER_LOG_FORMAT/a Environment=CHATTER_SAY_BURST=19' /etc/systemd/system/supervisor.service.d/chatter.conf; systemctl daemon-reload && ",
		"certbot certonly ", "REQUESTS_CA_BUNDLE="+acmeDir+"/ca.pem certbot certonly -n --agree-tos --register-unsafely-without-email --server https://localhost:14000/dir ",
	).Replace(script.String())
}

// layManual puts a clone into the machine, with the programs of the package.
func (s *scenario) layManual() {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Join(s.root, "var/tmp/chatter/bin"), 0o755); err != nil {
		s.t.Fatal(err)
	}
	s.copyTree("../../nginx", "/var/tmp/chatter/")
	s.copyTree("../../supervisor", "/var/tmp/chatter/")
	unpacked := s.t.TempDir()
	if out, err := exec.Command("dpkg-deb", "-x", s.debs[newVersion], unpacked).CombinedOutput(); err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
	for _, program := range []string{"httpd", "wsd", "chatterctl"} {
		s.copyTree(filepath.Join(unpacked, "usr/lib/chatter/unpacked", program), "/var/tmp/chatter/bin/")
	}
}

// copyTree copies a file with its mode, or a folder, into the machine.
func (m *machine) copyTree(from, to string) {
	m.t.Helper()
	if out, err := exec.Command("cp", "-R", from, filepath.Join(m.root, to)).CombinedOutput(); err != nil {
		m.t.Fatalf("%v\n%s", err, out)
	}
}

// blocks returns the indented blocks of a page, each of which is a script.
func blocks(t *testing.T, page string) (scripts []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	inside := false
	for line := range strings.Lines(string(text)) {
		code, indented := strings.CutPrefix(line, "    ")
		switch {
		case indented && inside:
			scripts[len(scripts)-1] += code
		case indented:
			scripts = append(scripts, code)
		}
		inside = indented
	}
	if len(scripts) == 0 {
		t.Fatalf("%s has no commands", page)
	}
	return scripts
}
