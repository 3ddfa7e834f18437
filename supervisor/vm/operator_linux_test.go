package vm_test

import (
	"strings"
	"testing"
)

// examines has doctor look at the healthy machine and at one with a fault. status shows it, and a
// backup brings the secret and the settings back.
func examines(t *testing.T, s *scenario) {
	out, err := s.try("chatterctl doctor")
	t.Logf("%s", out)
	if err != nil || strings.Contains(strings.ToLower(out), "danger") {
		t.Errorf("doctor on a healthy machine: %v", err)
	}
	if out, err := s.try("chmod 644 /etc/chatter/secret && chatterctl doctor"); err == nil || !strings.Contains(out, "/etc/chatter/secret") {
		t.Errorf("doctor with a secret that everybody may read: %v\n%s", err, out)
	}
	if out, err := s.try("chmod 640 /etc/chatter/secret && supervisorctl stop wsd:wsd_1 >/dev/null; chatterctl doctor"); err == nil || !strings.Contains(out, "wsd_1") {
		t.Errorf("doctor without a process: %v\n%s", err, out)
	}
	s.run("supervisorctl start wsd:wsd_1")
	s.runs(oldVersion)
	if out, err := s.try("chatterctl doctor"); err != nil {
		t.Errorf("doctor after the repair: %v\n%s", err, out)
	}

	out = s.run("COLUMNS=80 chatterctl status")
	t.Logf("%s", out)
	if !strings.Contains(out, oldVersion) {
		t.Errorf("status does not tell the version %s:\n%s", oldVersion, out)
	}
	for line := range strings.Lines(out) {
		if len([]rune(strings.TrimSuffix(line, "\n"))) > 80 {
			t.Errorf("wider than 80 columns: %q", line)
		}
	}

	s.run("cp -p /etc/chatter/secret /root/kept && chatterctl backup /root/chatter.tar.gz")
	if names := s.run("tar -tzf /root/chatter.tar.gz"); strings.Contains(names, "aof") || strings.Contains(names, "log") {
		t.Errorf("the backup holds messages or logs:\n%s", names)
	}
	s.run("echo another >/etc/chatter/secret; chatterctl restore /root/chatter.tar.gz && cmp /etc/chatter/secret /root/kept")
	if got := s.run("stat -c '%a %U:%G' /etc/chatter/secret"); got != "640 root:chatter\n" {
		t.Errorf("the restored secret is %s", got)
	}
	s.run("rm -rf /etc/chatter/*.before-restore /root/kept /root/chatter.tar.gz")
}
