package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"chatter/supervisor/run/child"
)

var nginxCheck = check{"nginx", checkNginx, nginxConfig, []kind{
	{"nginx-invalid", Danger, "nginx does not start again, and takes no new certificate", "nginx -t"},
	{"nginx-no-site", Danger, "guests do not reach Chatter through this nginx", "nginx/install.sh https NAME && systemctl reload nginx"},
	{"nginx-stale", Warning, "nginx runs with an older configuration than its files say", "nginx -t && systemctl reload nginx"},
	{"nginx-down", Danger, "guests reach nothing", "systemctl start nginx"},
}}

// checkNginx looks whether nginx's configuration is valid, has Chatter's site and is in use.
func checkNginx(_ context.Context, m *Machine, r *result) {
	if m.confErr != nil {
		r.find("nginx-invalid", "nginx refuses its configuration: %v", m.confErr)
		return
	}
	if len(m.conf.sites()) == 0 {
		r.find("nginx-no-site", "no server{} of nginx passes requests to Chatter")
	}
	if m.master == 0 {
		r.find("nginx-down", "nginx does not run")
		return
	}
	if len(m.workers) == 0 {
		r.notExamined("whether nginx has read its files", "its workers are not found")
		return
	}
	since, ok := m.started(m.workers[0])
	if !ok {
		r.notExamined("whether nginx has read its files", "/proc does not tell when it started")
		return
	}
	files := m.conf.files()
	for _, name := range files {
		// A second, because the kernel counts hundredths since it started.
		if info, err := os.Stat(m.path(name)); err == nil && info.ModTime().After(since.Add(time.Second)) {
			r.find("nginx-stale", "%s was changed after nginx (process %d) had read it", name, m.master)
			return
		}
	}
	r.figure = fmt.Sprintf("%d files, %d servers", len(files), len(m.conf.servers))
}

var limitsCheck = check{"limits of nginx", checkLimits, nginxSite, []kind{
	{"unlimited", Danger, "one client can take all connections or a whole core", "nginx/install.sh again, or limit_req and limit_conn in %s"},
}}

// checkLimits looks for ways to Chatter without a limit.
func checkLimits(_ context.Context, m *Machine, r *result) {
	ways := 0
	for _, s := range m.conf.sites() {
		for _, block := range s.proxies {
			ways++
			for _, name := range []string{"limit_req", "limit_conn"} {
				if len(block.effective(name)) == 0 || value(block.effective(name+"_dry_run")) == "on" {
					r.find("unlimited", "%s has no %s for %s", s.title(), name, block.title()).fill(s.title())
				}
			}
		}
	}
	r.figure = fmt.Sprintf("%d ways", ways)
}

// refusal is why nginx refuses its configuration.
type refusal string

// Error implements error.
func (r refusal) Error() string { return string(r) }

// runNginx has nginx test and print its configuration.
func (m *Machine) runNginx(ctx context.Context) (dump string, err error) {
	path, err := child.Find("nginx")
	if err != nil {
		return "", err
	}
	args := []string{"-T"}
	prefix := filepath.Join(m.dir, "nginx") // of a stack
	if _, err := os.Stat(filepath.Join(prefix, "nginx.conf")); err == nil {
		args = append(args, "-p", prefix, "-c", "nginx.conf")
	}
	cmd := exec.CommandContext(ctx, path, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	switch err = cmd.Run(); {
	case err == nil:
		return out.String(), nil
	case strings.Contains(errs.String(), "Permission denied"):
		return "", errors.New("it may read its files only as root")
	}
	complaint := errs.String()
	if _, what, ok := strings.Cut(complaint, "[emerg] "); ok { // the first one, without the prefix of a log
		complaint, _, _ = strings.Cut(what, "\n")
	}
	return "", refusal(strings.TrimSpace(complaint))
}

// findNginx finds the process that the file of `pid` names, if it runs, and its workers that
// take new connections, the latest first.
func (m *Machine) findNginx() {
	file := m.path("run/nginx.pid")
	if named := value(m.conf.main.own("pid")); filepath.IsAbs(named) {
		file = m.path(named)
	} else if named != "" { // below the directory of a stack
		file = filepath.Join(filepath.Dir(m.conf.file), named)
	}
	text, _ := os.ReadFile(file)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || !strings.HasPrefix(m.proc(pid, "comm"), "nginx") {
		return
	}
	m.master = pid
	for _, worker := range slices.Backward(m.children(pid)) {
		if line := m.proc(worker, "cmdline"); !strings.Contains(line, "shutting down") && !strings.Contains(line, "cache") {
			m.workers = append(m.workers, worker)
		}
	}
}
