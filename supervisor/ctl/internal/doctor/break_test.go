package doctor

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const site = "etc/nginx/chatter/site.conf"

// breakage breaks one thing.
type breakage struct {
	kind   string
	name   string
	also   string // a finding that cannot be kept away
	damage func(h *tree)
}

// broken has for each kind of finding a machine that is broken in one thing.
var broken = []breakage{
	{"program-down", "a program ended", "", func(h *tree) { h.states["wsd:wsd_1"] = "FATAL" }},
	{"program-down", "no program", "", func(h *tree) {
		for name := range h.states {
			if strings.HasPrefix(name, "httpd:") {
				delete(h.states, name)
			}
		}
	}},
	{"service-silent", "an admin socket is not there", "", func(h *tree) { h.check(os.Remove(filepath.Join(h.dir, "httpd-1.admin.sock"))) }},
	{"service-silent", "nobody answers", "", func(h *tree) {
		h.check(os.Remove(filepath.Join(h.dir, "wsd-0.admin.sock")))
		h.check(os.WriteFile(filepath.Join(h.dir, "wsd-0.admin.sock"), nil, 0o600))
	}},
	{"not-ready", "", "", func(h *tree) { h.ready["wsd-0"] = "503 redis is away" }},
	{"forgetting-late", "", "", func(h *tree) {
		h.ready["httpd-0"] = "promise overdue: Redis holds a message that is older than the retention"
	}},
	{"forgetting-late", "a rewrite fails", "", func(h *tree) {
		h.ready["httpd-0"] = "redis: the append-only file of the primary may keep messages that are expired: the rewrite failed, see the log of Redis"
	}},
	{"versions-differ", "", "", func(h *tree) {
		h.write("usr/bin/old", "old")
		h.write(proc(pids["wsd-1"], "cmdline"), h.path("usr/bin/old")+"\x00")
		h.link(proc(pids["wsd-1"], "exe"), "usr/bin/old")
	}},
	{"binary-replaced", "", "", func(h *tree) {
		for _, name := range []string{"wsd-0", "wsd-1"} {
			h.write("usr/bin/old", "old")
			h.link(proc(pids[name], "exe"), "usr/bin/old")
		}
	}},
	{"socket-missing", "", "", func(h *tree) { h.check(os.Remove(filepath.Join(h.dir, "wsd.sock"))) }},
	{"socket-closed", "", "", func(h *tree) { h.check(os.Chmod(filepath.Join(h.dir, "wsd.sock"), 0o600)) }},
	{"socket-closed", "nginx is not in the group", "", func(h *tree) {
		h.edit(proc(workerPid, "status"), "Groups:\t33 "+strconv.Itoa(os.Getgid()), "Groups:\t33")
	}},
	{"socket-open", "", "", func(h *tree) { h.check(os.Chmod(filepath.Join(h.dir, "httpd.sock"), 0o666)) }},
	{"admin-open", "everybody", "", func(h *tree) { h.check(os.Chmod(filepath.Join(h.dir, "httpd-0.admin.sock"), 0o606)) }},
	{"admin-open", "a group of others", "", func(h *tree) {
		h.edit(proc(pids["wsd-0"], "status"), "Gid:\t0\t"+strconv.Itoa(os.Getgid()), "Gid:\t0\t4321")
		h.check(os.Chmod(filepath.Join(h.dir, "wsd-0.admin.sock"), 0o660))
	}},
	{"directory-open", "", "", func(h *tree) { h.check(os.Chmod(h.dir, 0o777)) }},
	{"secret-bad", "everybody may read it", "", func(h *tree) { h.check(os.Chmod(h.path("etc/chatter/secret"), 0o644)) }},
	{"secret-bad", "short", "", func(h *tree) { h.secret("aB3dE5gH", 0o640) }},
	{"secret-bad", "not there", "", func(h *tree) { h.check(os.Remove(h.path("etc/chatter/secret"))) }},
	{"secret-words", "", "", func(h *tree) { h.secret("correct horse battery staple and more", 0o640) }},
	{"secret-owner", "", "", func(h *tree) {
		h.edit(proc(pids["httpd-0"], "status"), "Gid:\t0\t"+strconv.Itoa(os.Getgid()), "Gid:\t0\t4321")
		h.edit(proc(pids["httpd-1"], "status"), "Gid:\t0\t"+strconv.Itoa(os.Getgid()), "Gid:\t0\t4321")
	}},
	{"settings-unequal", "", "", func(h *tree) {
		h.edit(proc(pids["wsd-1"], "environ"), "PATH=/bin\x00", "CHATTER_RETENTION=48h\x00")
	}},
	{"settings-stale", "a drop-in has changed", "", func(h *tree) {
		h.write("etc/systemd/system/supervisor.service.d/chatter.conf", "[Service]\nEnvironment=CHATTER_SAY_RATE=7 GOGC=50\nEnvironment=CHATTER_SECRET_FILE=/etc/chatter/secret\nEnvironment=CHATTER_REDIS="+h.server.URL+"\n")
	}},
	{"settings-stale", "a drop-in has lost a line", "", func(h *tree) {
		h.write("etc/systemd/system/supervisor.service.d/chatter.conf", "[Service]\nEnvironment=CHATTER_SECRET_FILE=/etc/chatter/secret\n")
	}},
	{"settings-stale", "the settings file has changed", "", func(h *tree) {
		h.write("etc/chatter/settings", "# a comment\nCHATTER_SAY_RATE=7\n")
		h.edit(proc(pids["wsd-1"], "cmdline"), "--listen", "--settings\x00/etc/chatter/settings\x00--listen")
		h.settings["wsd-1"] = map[string]string{"say-rate": "5", "secret-file": "/etc/chatter/secret", "max-sockets": "50000", "prefix": "chatter:",
			"retention": "24h", "presence-every": "5m", "author-marks": "1h", "redis": h.server.URL}
	}},
	{"limits-off", "", "", func(h *tree) {
		h.edit(proc(pids["wsd-1"], "environ"), "PATH=/bin\x00", "CHATTER_LIMITS=off\x00")
	}},
	{"limits-off", "no rate", "", func(h *tree) { h.edit(proc(pids["wsd-1"], "cmdline"), "--listen", "--say-rate=0\x00--listen") }},
	{"descriptors-few", "wsd", "", func(h *tree) { h.edit(proc(pids["wsd-0"], "limits"), "65536  ", "1024  ") }},
	{"descriptors-few", "a worker's files", "", func(h *tree) { h.edit(proc(workerPid, "limits"), "65536  ", "1024  ") }},
	{"descriptors-few", "a worker's connections", "", func(h *tree) { h.edit("etc/nginx/nginx.conf", "worker_connections 32768", "worker_connections 768") }},
	{"descriptors-few", "the machine", "", func(h *tree) { h.write("proc/sys/fs/file-max", "65536") }},
	{"redis-away", "", "", func(h *tree) { h.server.Kill() }},
	{"redis-setting", "appendfsync", "", func(h *tree) { h.server.Do("CONFIG", "SET", "appendfsync", "everysec") }},
	{"redis-setting", "maxmemory", "", func(h *tree) { h.server.Do("CONFIG", "SET", "maxmemory", "0") }},
	{"redis-socket-open", "", "", func(h *tree) { h.check(os.Chmod(strings.TrimPrefix(h.server.URL, "unix://"), 0o777)) }},
	{"redis-core-dumps", "", "", func(h *tree) {
		h.edit(proc(h.server.Pid(), "limits"), "Max core file size 0", "Max core file size unlimited")
	}},
	{"redis-full", "", "", func(h *tree) { h.server.Fill(0.85) }},
	{"redis-clients", "", "", func(h *tree) { h.server.Do("CONFIG", "SET", "maxclients", "100") }},
	{"redis-files-open", "", "", func(h *tree) {
		dir := filepath.Join(h.server.Dir(), "appendonlydir")
		h.mkdir(dir, 0o755)
		h.mkdir(h.server.Dir(), 0o755)
		h.write(filepath.Join(dir, "appendonly.aof.1.incr.aof"), "")
	}},
	{"clock-off", "", "", func(h *tree) { h.now = func() time.Time { return time.Now().Add(-time.Minute) } }},
	{"disk-small", "", "", func(h *tree) { h.free = func(string) float64 { return 1e9 } }},
	{"disk-soon-full", "", "", func(h *tree) {
		h.growth = func(context.Context) float64 { return 1e8 }
	}},
	{"redis-write-fails", "", "", func(h *tree) { h.failRewrite() }},
	{"nginx-invalid", "", "", func(h *tree) { h.complaint = `unknown directive "x"` }},
	{"nginx-no-site", "", "", func(h *tree) {
		h.check(os.Remove(h.path("etc/nginx/conf.d/chatter.conf")))
		h.check(os.RemoveAll(h.path("etc/nginx/chatter")))
	}},
	{"nginx-stale", "", "", func(h *tree) {
		later := time.Now().Add(2 * time.Hour)
		h.check(os.Chtimes(h.path(site), later, later))
	}},
	{"nginx-down", "", "", func(h *tree) { h.check(os.Remove(h.path("run/nginx.pid"))) }},
	{"access-logged", "an operator's log", "", func(h *tree) { h.write("etc/nginx/chatter.d/log.conf", "access_log /var/log/nginx/chat.log;") }},
	{"access-logged", "no access_log at all", "", func(h *tree) {
		h.edit("etc/nginx/nginx.conf", "access_log /var/log/nginx/access.log;", "")
		h.edit("etc/nginx/chatter/every-server.conf", "access_log logs/chatter-access.log chatter;", "")
	}},
	{"errors-logged", "no error_log at all", "", func(h *tree) { h.edit("etc/nginx/chatter/every-server.conf", "error_log /dev/null emerg;", "") }},
	{"access-logged", "a format with a path", "", func(h *tree) {
		h.edit("etc/nginx/chatter/http-level.conf", "'$bytes_sent $request_time '", "'$request_uri '")
	}},
	{"access-logged", "a format with the class", "", func(h *tree) {
		h.edit("etc/nginx/chatter/http-level.conf", "'$bytes_sent $request_time '", "'$chatter_class '")
	}},
	{"access-logged", "certbot's redirect", "errors-logged", func(h *tree) {
		h.write("etc/nginx/sites-enabled/certbot", "server { listen 127.0.0.1:1080; server_name "+host+"; return 301 https://$host$request_uri; }")
	}},
	{"access-logged", "a location of its own", "", func(h *tree) {
		h.edit(site, "location /static/ {", "location /static/ { access_log /var/log/nginx/static.log combined buffer=8k;")
	}},
	{"errors-logged", "", "", func(h *tree) { h.write("etc/nginx/chatter.d/log.conf", "error_log /var/log/nginx/chat.log;") }},
	{"unlimited", "sockets", "", func(h *tree) {
		h.edit(site, "limit_conn        chatter_open 1000;", "")
	}},
	{"unlimited", "requests", "", func(h *tree) { h.edit(site, "limit_req         zone=chatter_requests burst=2000 nodelay;", "") }},
	{"unlimited", "a dry run", "", func(h *tree) { h.write("etc/nginx/chatter.d/dry.conf", "limit_req_dry_run on;") }},
	{"plain-site", "", "", func(h *tree) {
		h.edit("etc/nginx/conf.d/chatter.conf", " ssl http2", "")
	}},
	{"plain-beside-https", "", "", func(h *tree) {
		h.edit("etc/nginx/conf.d/chatter.conf", "return 301 https://$host$request_uri;", "limit_req zone=x; limit_conn y 1; proxy_pass http://chatter_httpd;")
	}},
	{"hsts-missing", "", "", func(h *tree) { h.hsts = "" }},
	{"hsts-short", "", "", func(h *tree) { h.hsts = "max-age=86400" }},
	{"certificate-ends", "soon", "", func(h *tree) { h.certificate(host, 3*24*time.Hour) }},
	{"certificate-ends", "ended", "", func(h *tree) { h.certificate(host, -time.Minute) }},
	{"certificate-ends-soon", "", "", func(h *tree) { h.certificate(host, 14*24*time.Hour) }},
	{"certificate-name", "", "", func(h *tree) { h.certificate("other.example.org", 90*24*time.Hour) }},
	{"certificate-stale", "", "", func(h *tree) { h.writeCertificate(h.certify(host, 80*24*time.Hour)) }},
	{"certificate-untrusted", "", "", func(h *tree) { h.authority = nil; h.certificate(host, 90*24*time.Hour) }},
	{"name-unknown", "", "", func(h *tree) { h.names = nil }},
	{"name-elsewhere", "", "", func(h *tree) { h.names = append(h.names, netip.MustParseAddr("198.51.100.1")) }},
	{"name-no-ipv6", "", "name-elsewhere", func(h *tree) { h.names = append(h.names, netip.MustParseAddr("2001:db8::1")) }},
	{"somaxconn-low", "", "", func(h *tree) { h.write("proc/sys/net/core/somaxconn", "128") }},
	{"overcommit-off", "", "", func(h *tree) { h.write("proc/sys/vm/overcommit_memory", "0") }},
	{"swap-plain", "", "", func(h *tree) { h.write("proc/swaps", "Filename Type\n/dev/sda2 partition 1 0 -2\n") }},
	{"talk-fails", "", "", func(h *tree) { h.talkErr[false], h.talkErr[true] = errors.New("status 502"), errors.New("status 502") }},
	{"talk-not-through-name", "", "", func(h *tree) { h.talkErr[false] = errors.New("connection refused") }},
	{"talk-not-through-name", "a proxy", "", func(h *tree) {
		h.edit("etc/nginx/conf.d/chatter.conf", " ssl http2", "")
		for _, pid := range pids {
			h.edit(proc(pid, "environ"), "PATH=/bin\x00", "CHATTER_PUBLIC_URL=https://"+host+"\x00")
		}
		h.talkErr[false] = &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	}},
	{"talk-slow", "", "", func(h *tree) { h.took = 2 * time.Second }},
}
