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

	"chatter/shared/redisconn"
)

const site = "etc/nginx/chatter/site.conf"

// breakage breaks one thing.
type breakage struct {
	kind   kind
	name   string
	also   string // a finding that cannot be kept away
	damage func(h *tree)
}

// broken has for each kind of finding a machine that is broken in one thing.
var broken = []breakage{
	{programDown, "a program ended", "", func(h *tree) { h.states["wsd:wsd_1"] = "FATAL" }},
	{programDown, "no program", "", func(h *tree) {
		for name := range h.states {
			if strings.HasPrefix(name, "httpd:") {
				delete(h.states, name)
			}
		}
	}},
	{serviceSilent, "an admin socket is not there", "", func(h *tree) { h.check(os.Remove(filepath.Join(h.dir, "httpd-1.admin.sock"))) }},
	{serviceSilent, "nobody answers", "", func(h *tree) {
		h.check(os.Remove(filepath.Join(h.dir, "wsd-0.admin.sock")))
		h.check(os.WriteFile(filepath.Join(h.dir, "wsd-0.admin.sock"), nil, 0o600))
	}},
	{notReady, "", "", func(h *tree) { h.ready["wsd-0"] = "503 redis is away" }},
	{forgettingLate, "", "", func(h *tree) {
		h.ready["httpd-0"] = "promise overdue: Redis holds a message that is older than the retention"
	}},
	{forgettingLate, "a rewrite fails", "", func(h *tree) {
		h.ready["httpd-0"] = "redis: the append-only file of the primary may keep messages that are expired: the rewrite failed, see the log of Redis"
	}},
	{versionsDiffer, "", "", func(h *tree) {
		h.write("usr/bin/old", "old")
		h.write(proc(pids["wsd-1"], "cmdline"), h.path("usr/bin/old")+"\x00")
		h.link(proc(pids["wsd-1"], "exe"), "usr/bin/old")
	}},
	{binaryReplaced, "", "", func(h *tree) {
		for _, name := range []string{"wsd-0", "wsd-1"} {
			h.write("usr/bin/old", "old")
			h.link(proc(pids[name], "exe"), "usr/bin/old")
		}
	}},
	{socketMissing, "", "", func(h *tree) { h.check(os.Remove(filepath.Join(h.dir, "wsd.sock"))) }},
	{socketClosed, "", "", func(h *tree) { h.check(os.Chmod(filepath.Join(h.dir, "wsd.sock"), 0o600)) }},
	{socketClosed, "nginx is not in the group", "", func(h *tree) {
		h.edit(proc(workerPid, "status"), "Groups:\t33 "+strconv.Itoa(os.Getgid()), "Groups:\t33")
	}},
	{socketOpen, "", "", func(h *tree) { h.check(os.Chmod(filepath.Join(h.dir, "httpd.sock"), 0o666)) }},
	{adminOpen, "everybody", "", func(h *tree) { h.check(os.Chmod(filepath.Join(h.dir, "httpd-0.admin.sock"), 0o606)) }},
	{adminOpen, "a group of others", "", func(h *tree) {
		h.edit(proc(pids["wsd-0"], "status"), "Gid:\t0\t"+strconv.Itoa(os.Getgid()), "Gid:\t0\t4321")
		h.check(os.Chmod(filepath.Join(h.dir, "wsd-0.admin.sock"), 0o660))
	}},
	{directoryOpen, "", "", func(h *tree) { h.check(os.Chmod(h.dir, 0o777)) }},
	{secretBad, "everybody may read it", "", func(h *tree) { h.check(os.Chmod(h.path("etc/chatter/secret"), 0o644)) }},
	{secretBad, "short", "", func(h *tree) { h.secret("aB3dE5gH", 0o640) }},
	{secretBad, "not there", "", func(h *tree) { h.check(os.Remove(h.path("etc/chatter/secret"))) }},
	{secretWords, "", "", func(h *tree) { h.secret("correct horse battery staple and more", 0o640) }},
	{secretOwner, "", "", func(h *tree) {
		h.edit(proc(pids["httpd-0"], "status"), "Gid:\t0\t"+strconv.Itoa(os.Getgid()), "Gid:\t0\t4321")
		h.edit(proc(pids["httpd-1"], "status"), "Gid:\t0\t"+strconv.Itoa(os.Getgid()), "Gid:\t0\t4321")
	}},
	{settingsUnequal, "", "", func(h *tree) {
		h.edit(proc(pids["wsd-1"], "environ"), "PATH=/bin\x00", "CHATTER_RETENTION=48h\x00")
	}},
	{settingsStale, "a drop-in has changed", "", func(h *tree) {
		h.write("etc/systemd/system/supervisor.service.d/chatter.conf", "[Service]\nEnvironment=CHATTER_SAY_RATE=7 GOGC=50\nEnvironment=CHATTER_SECRET_FILE=/etc/chatter/secret\nEnvironment=CHATTER_REDIS="+h.server.URL+"\n")
	}},
	{settingsStale, "a drop-in has lost a line", "", func(h *tree) {
		h.write("etc/systemd/system/supervisor.service.d/chatter.conf", "[Service]\nEnvironment=CHATTER_SECRET_FILE=/etc/chatter/secret\n")
	}},
	{settingsStale, "the settings file has changed", "", func(h *tree) {
		h.write("etc/chatter/settings", "# a comment\nCHATTER_SAY_RATE=7\n")
		h.edit(proc(pids["wsd-1"], "cmdline"), "--listen", "--settings\x00/etc/chatter/settings\x00--listen")
		h.settings["wsd-1"] = map[string]string{"say-rate": "5", "secret-file": "/etc/chatter/secret", "max-sockets": "50000", "prefix": "chatter:",
			"retention": "24h", "presence-every": "5m", "author-marks": "1h", "redis": h.server.URL}
	}},
	{limitsOff, "", "", func(h *tree) {
		h.edit(proc(pids["wsd-1"], "environ"), "PATH=/bin\x00", "CHATTER_LIMITS=off\x00")
	}},
	{limitsOff, "no rate", "", func(h *tree) { h.edit(proc(pids["wsd-1"], "cmdline"), "--listen", "--say-rate=0\x00--listen") }},
	{descriptorsFew, "wsd", "", func(h *tree) { h.edit(proc(pids["wsd-0"], "limits"), "65536  ", "1024  ") }},
	{descriptorsFew, "a worker's files", "", func(h *tree) { h.edit(proc(workerPid, "limits"), "65536  ", "1024  ") }},
	{descriptorsFew, "a worker's connections", "", func(h *tree) { h.edit("etc/nginx/nginx.conf", "worker_connections 32768", "worker_connections 768") }},
	{descriptorsFew, "the machine", "", func(h *tree) { h.write("proc/sys/fs/file-max", "65536") }},
	{redisAway, "", "", func(h *tree) { h.server.Kill() }},
	{redisSetting, "appendfsync", "", func(h *tree) { h.server.Do("CONFIG", "SET", "appendfsync", "everysec") }},
	{redisSetting, "maxmemory", "", func(h *tree) { h.server.Do("CONFIG", "SET", "maxmemory", "0") }},
	{redisSocketOpen, "", "", func(h *tree) { h.check(os.Chmod(strings.TrimPrefix(h.server.URL, "unix://"), 0o777)) }},
	{redisCore, "", "", func(h *tree) {
		h.edit(proc(h.server.Pid(), "limits"), "Max core file size 0", "Max core file size unlimited")
	}},
	{redisFull, "", "", func(h *tree) { h.server.Fill(0.85) }},
	{redisClients, "", "", func(h *tree) { h.server.Do("CONFIG", "SET", "maxclients", "100") }},
	{redisFilesOpen, "", "", func(h *tree) {
		dir := filepath.Join(h.server.Dir(), "appendonlydir")
		h.mkdir(dir, 0o755)
		h.mkdir(h.server.Dir(), 0o755)
		h.write(filepath.Join(dir, "appendonly.aof.1.incr.aof"), "")
	}},
	{clockOff, "", "", func(h *tree) { h.now = func() time.Time { return time.Now().Add(-time.Minute) } }},
	{diskSmall, "", "", func(h *tree) { h.free = func(string) (float64, error) { return 1e9, nil } }},
	{diskSoonFull, "", "", func(h *tree) {
		h.growth = func(context.Context, *redisconn.Client) (float64, bool) { return 1e8, true }
	}},
	{redisWriteFails, "", "", func(h *tree) { h.failRewrite() }},
	{nginxInvalid, "", "", func(h *tree) { h.complaint = `unknown directive "x"` }},
	{nginxNoSite, "", "", func(h *tree) {
		h.check(os.Remove(h.path("etc/nginx/conf.d/chatter.conf")))
		h.check(os.RemoveAll(h.path("etc/nginx/chatter")))
	}},
	{nginxStale, "", "", func(h *tree) {
		later := time.Now().Add(2 * time.Hour)
		h.check(os.Chtimes(h.path(site), later, later))
	}},
	{nginxDown, "", "", func(h *tree) { h.check(os.Remove(h.path("run/nginx.pid"))) }},
	{accessLogged, "an operator's log", "", func(h *tree) { h.write("etc/nginx/chatter.d/log.conf", "access_log /var/log/nginx/chat.log;") }},
	{accessLogged, "no access_log at all", "", func(h *tree) {
		h.edit("etc/nginx/nginx.conf", "access_log /var/log/nginx/access.log;", "")
		h.edit("etc/nginx/chatter/every-server.conf", "access_log logs/chatter-access.log chatter;", "")
	}},
	{errorsLogged, "no error_log at all", "", func(h *tree) { h.edit("etc/nginx/chatter/every-server.conf", "error_log /dev/null emerg;", "") }},
	{accessLogged, "a format with a path", "", func(h *tree) {
		h.edit("etc/nginx/chatter/http-level.conf", "'$bytes_sent $request_time '", "'$request_uri '")
	}},
	{accessLogged, "certbot's redirect", errorsLogged.name, func(h *tree) {
		h.write("etc/nginx/sites-enabled/certbot", "server { listen 127.0.0.1:1080; server_name "+host+"; return 301 https://$host$request_uri; }")
	}},
	{accessLogged, "a location of its own", "", func(h *tree) {
		h.edit(site, "location /static/ {", "location /static/ { access_log /var/log/nginx/static.log combined buffer=8k;")
	}},
	{errorsLogged, "", "", func(h *tree) { h.write("etc/nginx/chatter.d/log.conf", "error_log /var/log/nginx/chat.log;") }},
	{unlimited, "sockets", "", func(h *tree) {
		h.edit(site, "limit_conn        chatter_open 1000;", "")
	}},
	{unlimited, "requests", "", func(h *tree) { h.edit(site, "limit_req         zone=chatter_requests burst=2000 nodelay;", "") }},
	{plainSite, "", "", func(h *tree) {
		h.edit("etc/nginx/conf.d/chatter.conf", " ssl http2", "")
	}},
	{plainBeside, "", "", func(h *tree) {
		h.edit("etc/nginx/conf.d/chatter.conf", "return 301 https://$host$request_uri;", "limit_req zone=x; limit_conn y 1; proxy_pass http://chatter_httpd;")
	}},
	{hstsMissing, "", "", func(h *tree) { h.hsts = "" }},
	{hstsShort, "", "", func(h *tree) { h.hsts = "max-age=86400" }},
	{certificateEnds, "soon", "", func(h *tree) { h.certificate(host, 3*24*time.Hour) }},
	{certificateEnds, "ended", "", func(h *tree) { h.certificate(host, -time.Minute) }},
	{certificateSoon, "", "", func(h *tree) { h.certificate(host, 14*24*time.Hour) }},
	{certificateName, "", "", func(h *tree) { h.certificate("other.example.org", 90*24*time.Hour) }},
	{certificateStale, "", "", func(h *tree) { h.writeCertificate(h.certify(host, 80*24*time.Hour)) }},
	{certificateTrust, "", "", func(h *tree) { h.authority = nil; h.certificate(host, 90*24*time.Hour) }},
	{nameUnknown, "", "", func(h *tree) { h.names = nil }},
	{nameElsewhere, "", "", func(h *tree) { h.names = append(h.names, netip.MustParseAddr("198.51.100.1")) }},
	{nameNoIPv6, "", nameElsewhere.name, func(h *tree) { h.names = append(h.names, netip.MustParseAddr("2001:db8::1")) }},
	{somaxconnLow, "", "", func(h *tree) { h.write("proc/sys/net/core/somaxconn", "128") }},
	{overcommitOff, "", "", func(h *tree) { h.write("proc/sys/vm/overcommit_memory", "0") }},
	{swapPlain, "", "", func(h *tree) { h.write("proc/swaps", "Filename Type\n/dev/sda2 partition 1 0 -2\n") }},
	{talkFails, "", "", func(h *tree) { h.talkErr[false], h.talkErr[true] = errors.New("status 502"), errors.New("status 502") }},
	{talkElsewhere, "", "", func(h *tree) { h.talkErr[false] = errors.New("connection refused") }},
	{talkElsewhere, "a proxy", "", func(h *tree) {
		h.edit("etc/nginx/conf.d/chatter.conf", " ssl http2", "")
		for _, pid := range pids {
			h.edit(proc(pid, "environ"), "PATH=/bin\x00", "CHATTER_PUBLIC_URL=https://"+host+"\x00")
		}
		h.talkErr[false] = &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	}},
	{talkSlow, "", "", func(h *tree) { h.took = 2 * time.Second }},
}
