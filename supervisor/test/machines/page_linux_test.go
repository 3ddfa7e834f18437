package machines_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"chatter/supervisor/test/fixture"
)

const root = "../../.."

// commandsUnder returns the commands of the first indented block under a heading of MACHINES.md.
func commandsUnder(t *testing.T, heading string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "supervisor/MACHINES.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "\n"+heading+"\n")
	var block []string
	for line := range strings.Lines(rest) {
		text, indented := strings.CutPrefix(line, "    ")
		if indented {
			block = append(block, text)
		} else if len(block) > 0 {
			break
		}
	}
	if !found || len(block) == 0 {
		t.Fatalf("MACHINES.md has no commands under %q", heading)
	}
	return strings.Join(block, "")
}

// Programs that a host has no use for: packages are installed, and the test starts services.
const standIns = `
printf '#!/bin/sh\n' > /usr/local/bin/apt-get
cp /usr/local/bin/apt-get /usr/local/bin/systemctl
chmod 755 /usr/local/bin/apt-get /usr/local/bin/systemctl
`

var addressLine = regexp.MustCompile(`(?m)^address=.*$`)

// setUpRedis does what the page says for a Redis host under a heading.
func (h *host) setUpRedis(heading string) {
	h.t.Helper()
	h.run(standIns + addressLine.ReplaceAllString(commandsUnder(h.t, heading), "address="+h.address))
}

// startRedis does what the units of Debian do for the two services that a Redis host has.
func (h *host) startRedis() {
	h.t.Helper()
	h.run("install -d -o redis -g redis /run/redis /run/redis-replica")
	second := []string{"/etc/redis/sentinel.conf", "--sentinel"}
	if strings.Contains(h.run("cat /etc/redis/machines.conf"), "cluster-enabled") {
		second = []string{"/etc/redis/redis-replica.conf"}
	}
	for _, args := range [][]string{{"/etc/redis/redis.conf"}, second} {
		args = append([]string{"setpriv", "--reuid=redis", "--regid=redis", "--clear-groups", "redis-server"}, args...)
		h.start(nil, append(args, "--daemonize", "no")...)
	}
}

// The steps of MANUAL.md for a web host, without Redis. They are tested as they stand in the
// tests of the whole machine.
const webSteps = `
adduser --quiet --system --group --no-create-home chatter
install -d -m 750 -o root -g chatter /etc/chatter
(umask 027; printf %s\\n "$SECRET" > /etc/chatter/secret; chgrp chatter /etc/chatter/secret)
install -D -m 644 supervisor/chatter-supervisor.conf /etc/systemd/system/supervisor.service.d/chatter.conf
install -m 644 supervisor/chatter-tmpfiles.conf /etc/tmpfiles.d/chatter.conf
install -m 644 supervisor/chatter.conf /etc/supervisor/conf.d/chatter.conf
systemd-tmpfiles --create chatter.conf
rm -f /etc/nginx/sites-enabled/default
CHATTER_HTTP_IPV6= nginx/install.sh http chat.example.org
`

// One test has more guests at one address than a site has.
const testSettings = "Environment=CHATTER_LIMITS=off\n"

// keepsThePassword fails if other users than root and the services can read the password of Redis.
const keepsThePassword = `
if grep "$password" $conf; then echo "every user may read the password: systemctl show supervisor"; exit 1; fi
[ "$(stat -c '%a %U %G' /etc/chatter/settings)" = "640 root chatter" ]
`

// setUpWeb does what MANUAL.md and the page say for a web host and starts its services.
func (h *host) setUpWeb(secret, settings string) {
	h.t.Helper()
	h.run("SECRET=" + secret + "\n" + standIns + "install -m 755 " + fixture.Services(h.t) + "/httpd " + fixture.Services(h.t) + "/wsd /usr/local/bin/\n" +
		webSteps + commandsUnder(h.t, "## Web hosts") + keepsThePassword + "printf '%s' '" + testSettings + settings + "' >> $conf\n")
	h.startWeb()
}

// startWeb does what the units of Debian do.
func (h *host) startWeb() {
	h.t.Helper()
	h.run("systemd-tmpfiles --create chatter.conf; mkdir -p /var/log/supervisor /var/log/nginx")
	var env []string
	for line := range strings.Lines(h.run("cat /etc/systemd/system/supervisor.service.d/chatter.conf")) {
		if setting, ok := strings.CutPrefix(strings.TrimSpace(line), "Environment="); ok {
			env = append(env, setting)
		}
	}
	h.start(env, "supervisord", "-n", "-c", "/etc/supervisor/supervisord.conf")
	h.start(nil, "nginx", "-g", "daemon off;")
}

// admins are the admin sockets of a web host.
var admins = []string{"httpd-0", "httpd-1", "wsd-0", "wsd-1"}

// ready returns what the processes of a web host that are not ready, or warn, say.
func (h *host) ready() string {
	for _, admin := range admins {
		out, _ := h.inside("curl", "-s", "--max-time", "5", "--unix-socket", "/run/chatter/"+admin+".admin.sock", "http://admin/readyz").CombinedOutput()
		if string(out) != "ready\n" {
			return h.address + " " + admin + ": " + string(out)
		}
	}
	return ""
}
