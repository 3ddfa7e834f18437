package vm_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chatter/shared/name"
	"chatter/supervisor/lab/guest"
)

// others tells what of other people's a package must leave alone. Only what it prints matters.
func (s *scenario) others() string {
	return s.run("supervisorctl pid; supervisorctl pid other; systemctl show -p MainPID redis-server nginx; cat /etc/redis/redis.conf | md5sum")
}

func installs(t *testing.T, s *scenario) {
	others := s.others()
	out, err := s.install(s.debs[oldVersion], "")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	for _, host := range []string{"chat.example.org", "127.0.0.1", "other.example.net"} {
		s.serves(host)
	}
	s.runs(oldVersion)
	if now := s.others(); now != others {
		t.Errorf("process ids and the system's Redis were\n%s, are\n%s", others, now)
	}
	if got := s.run("stat -c '%a %U:%G' /etc/chatter/secret"); got != "640 root:chatter\n" {
		t.Errorf("the secret is %s", got)
	}
	if out, err := s.try("runuser -u chatter-redis cat /etc/chatter/secret"); err == nil {
		t.Errorf("Redis's user may read the secret: %q", out)
	}
	s.ready(t)
	s.run("/var/lib/dpkg/info/chatter.postinst configure ''") // dpkg runs it again after a failure
	s.runs(oldVersion)
	s.ready(t)
}

// ready checks that no process has anything to complain about.
func (s *scenario) ready(t *testing.T) {
	t.Helper()
	out := s.run(`for s in /run/chatter/*.admin.sock; do echo $s; printf 'GET /readyz HTTP/1.0\r\n\r\n' | python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(sys.stdin.buffer.read())
print(s.makefile().read().split("\n\n", 1)[1])' $s; done`)
	if strings.Count(out, "ready\n") != 4 || len(strings.Fields(out)) != 8 {
		t.Errorf("/readyz of the processes:\n%s", out)
	}
}

func talks(t *testing.T, s *scenario) {
	c := newCrowd(t, s.machine, "Talk")
	c.more(5)
	c.want(t)
}

// want ends the crowd and checks that no page failed, either.
func (c *crowd) want(t *testing.T) {
	t.Helper()
	messages, pages := c.end(t)
	t.Logf("%d messages, pages by error: %v", messages, pages)
	if messages == 0 || pages["<nil>"] == 0 || len(pages) > 1 {
		t.Errorf("%d messages, pages by error: %v; want no error", messages, pages)
	}
}

func reboots(t *testing.T, s *scenario) {
	s.reboot()
	s.serves("chat.example.org")
	s.runs(oldVersion)
	s.keeps(t)
}

// keeps checks that a message of the first crowd is still there.
func (s *scenario) keeps(t *testing.T) {
	t.Helper()
	room, err := name.ParseRoom("Talk")
	if err != nil {
		t.Fatal(err)
	}
	s.await("the room shows its messages", func() error {
		cookie, err := guest.SignIn(t.Context(), s.client(), siteURL, "Late")
		if err != nil {
			return err
		}
		status, text, err := s.page("127.0.0.1", room.Path(), cookie)
		if err == nil && !strings.Contains(text, "0 says 1") {
			err = fmt.Errorf("status %d: %q", status, text)
		}
		return err
	})
}

func killsEachPart(t *testing.T, s *scenario) {
	c := newCrowd(t, s.machine, "Kill")
	for _, program := range []string{"httpd:httpd_0", "wsd:wsd_1", "chatter-redis"} {
		s.run("kill -9 $(supervisorctl pid " + program + ")")
		s.runs(oldVersion)
		c.more(2)
	}
	before := s.run("supervisorctl pid")
	s.run("kill -9 " + before)
	s.await("another supervisord", func() error {
		out, err := s.try("supervisorctl pid")
		if err != nil || strings.TrimSpace(out) == strings.TrimSpace(before) {
			return fmt.Errorf("%s, %w", out, err)
		}
		return nil
	})
	s.runs(oldVersion)
	c.more(2)
	for name, want := range map[string]string{"redis-server": "2", "httpd": "2", "wsd": "2"} {
		s.await("nothing is left of the supervisord before", func() error {
			if got := strings.TrimSpace(s.run("ps -C " + name + " -o pid= | wc -l")); got != want {
				return fmt.Errorf("%s processes %s, want %s", got, name, want)
			}
			return nil
		})
	}
	s.run("systemctl restart nginx")
	c.more(2)
	messages, pages := c.end(t)
	t.Logf("%d messages, pages by error: %v", messages, pages)
	s.keeps(t)
}

func upgradesUnderLoad(t *testing.T, s *scenario) {
	s.run("echo CHATTER_SAY_BURST=19 >>/etc/chatter/settings; echo '# mine' >/etc/nginx/chatter.d/mine.conf; sed -i s/^maxmemory.*/maxmemory=77mb/ /etc/chatter/redis-memory.conf; sed -i s/=/' '/ /etc/chatter/redis-memory.conf")
	edits := "cat /etc/chatter/settings /etc/nginx/chatter.d/mine.conf /etc/chatter/redis-memory.conf /etc/chatter/secret | md5sum"
	mine, others := s.run(edits), s.others()
	c := newCrowd(t, s.machine, "Upgrade")
	out, err := s.install(s.debs[newVersion], "")
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	s.runs(newVersion)
	c.more(2)
	c.want(t)
	if now := s.run(edits); now != mine {
		t.Errorf("the operator's files have changed")
	}
	if now := s.others(); now != others {
		t.Errorf("process ids and the system's Redis were\n%s, are\n%s", others, now)
	}
	s.keeps(t)
}

func downgrades(t *testing.T, s *scenario) {
	c := newCrowd(t, s.machine, "Downgrade")
	if out, err := s.install(s.debs[oldVersion], "--allow-downgrades"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s.runs(oldVersion)
	c.more(2)
	c.want(t)
}

func refusesABrokenBinary(t *testing.T, s *scenario) {
	c := newCrowd(t, s.machine, "Broken")
	out, err := s.installSpoilt("0.1.1002", "#!/bin/sh\necho no such thing >&2\nexit 1\n")
	if err == nil || !strings.Contains(out, "no such thing") || !strings.Contains(out, "0.1.1002 cannot start (see above), so "+oldVersion+" goes on") {
		t.Errorf("%v\n%s", err, out)
	}
	s.runs(oldVersion)
	c.more(2)
	// This one passes the check and ends after it has replaced the first process.
	out, err = s.installSpoilt("0.1.1003", "#!/bin/sh\ncase \"$*\" in *--check | -h) exit ;; esac\nexit 1\n")
	if err == nil || !strings.Contains(out, "wsd:wsd_0 ends when supervisord starts it") || !strings.Contains(out, "so "+oldVersion+" is the current version again") {
		t.Errorf("%v\n%s", err, out)
	}
	c.more(2)
	if out, err = s.install(s.debs[laterVersion], ""); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s.runs(laterVersion)
	out, err = s.install(s.debs[oldVersion], "--allow-downgrades")
	if err == nil || !strings.Contains(out, laterVersion+" cannot be replaced by "+oldVersion) {
		t.Errorf("%v\n%s", err, out)
	}
	s.runs(laterVersion)
	c.more(2)
	c.want(t)
}

// installSpoilt installs a package of another version, whose wsd is a script.
func (s *scenario) installSpoilt(version, script string) (string, error) {
	s.t.Helper()
	s.copy(s.debs[laterVersion])
	s.run("rm -rf /root/spoilt && dpkg-deb -R " + inMachine(s.debs[laterVersion]) + " /root/spoilt && sed -i 's/^Version: .*/Version: " + version + "/' /root/spoilt/DEBIAN/control")
	if err := os.WriteFile(filepath.Join(s.root, "root/spoilt/usr/lib/chatter/unpacked/wsd"), []byte(script), 0o755); err != nil {
		s.t.Fatal(err)
	}
	s.run("dpkg-deb -Znone -b /root/spoilt /root/spoilt.deb")
	return s.try("apt-get -q -y install /root/spoilt.deb")
}

func removes(t *testing.T, s *scenario) {
	s.run("apt-get -q -y remove chatter")
	s.await("nothing of Chatter runs", func() error {
		if out, _ := s.try("ps -u chatter,chatter-redis -o args="); out != "" {
			return fmt.Errorf("%s", out)
		}
		return nil
	})
	s.servesDefaultSite(t)
}

// servesDefaultSite checks that port 80 shows Debian's own site.
func (s *scenario) servesDefaultSite(t *testing.T) {
	t.Helper()
	if _, text, err := s.page("chat.example.org", "/"); err != nil || !strings.Contains(text, "Welcome to nginx") {
		t.Errorf("port 80 shows %q, %v; want Debian's default site", text, err)
	}
}

func installsBesideAnotherSite(t *testing.T, s *scenario) {
	others := s.others()
	s.run("echo 'server { listen 8081; }' >/etc/nginx/conf.d/other.conf && systemctl reload nginx")
	out, err := s.install(s.debs[newVersion], "")
	if err != nil || !strings.Contains(out, "nginx serves other sites") {
		t.Errorf("%v\n%s", err, out)
	}
	s.runs(newVersion)
	s.servesDefaultSite(t)
	s.run("rm /etc/nginx/conf.d/other.conf && /usr/share/chatter/site install")
	s.serves("chat.example.org")
	s.keeps(t)
	if now := s.others(); now != others {
		t.Errorf("process ids and the system's Redis were\n%s, are\n%s", others, now)
	}
}

func purges(t *testing.T, s *scenario) {
	s.run("apt-get -q -y purge chatter")
	if now := s.files(); now != s.before {
		t.Errorf("files and accounts differ from those before the installation:\n%s", difference(t, s.before, now))
	}
}

// files lists the machine's files, without those that any program may write, and its accounts.
func (s *scenario) files() string {
	return s.run(`find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /var/tmp -o -path /root -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/cache \
		-o -path /var/log/journal -o -path /var/lib/systemd -o -path /var/lib/redis -o -path '/var/log/*' ! -path '*chatter*' -o -path /run -o -name __pycache__ \) -prune -o -print | sort
		find /run /tmp /var/lib/dpkg /var/lib/systemd /var/log -name '*chatter*'
		cat /etc/passwd /etc/group /etc/nginx/nginx.conf; supervisorctl status | cut -d ' ' -f 1; true`)
}

// difference returns the lines that only one of two texts has.
func difference(t *testing.T, before, now string) string {
	t.Helper()
	has := make(map[string]int)
	for line := range strings.Lines(before) {
		has[line]--
	}
	for line := range strings.Lines(now) {
		has[line]++
	}
	var b strings.Builder
	for line, n := range has {
		if n != 0 {
			fmt.Fprintf(&b, "%+d %s", n, line)
		}
	}
	return b.String()
}
