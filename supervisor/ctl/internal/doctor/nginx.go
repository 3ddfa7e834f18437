package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// examinable reports whether nginx's configuration is known, and else says why not.
func (m *Machine) examinable(r *result, what string) bool {
	switch {
	case m.confWrong != "":
		r.notExamined(what, "nginx's configuration is not valid")
	case m.confErr != nil:
		r.notExamined(what, "nginx's configuration cannot be read: %v", m.confErr)
	case len(m.conf.sites()) == 0:
		r.notExamined(what, "no server of nginx passes requests to Chatter")
	default:
		return true
	}
	return false
}

// checkNginx looks whether nginx's configuration is valid, has Chatter's site and is in use.
func checkNginx(_ context.Context, m *Machine, r *result) {
	if m.confWrong != "" {
		r.found(nginxInvalid, "nginx refuses its configuration: "+m.confWrong)
		return
	}
	if m.confErr != nil {
		m.examinable(r, "nginx")
		return
	}
	if len(m.conf.sites()) == 0 {
		r.found(nginxNoSite, "no server{} of nginx passes requests to Chatter")
	}
	master, ok := m.nginxMaster()
	if !ok {
		r.found(nginxDown, "nginx does not run")
		return
	}
	workers := m.nginxWorkers()
	if len(workers) == 0 {
		r.notExamined("whether nginx has read its files", "its workers are not found")
		return
	}
	since, ok := m.started(workers[0])
	if !ok {
		r.notExamined("whether nginx has read its files", "/proc does not tell when it started")
		return
	}
	for _, name := range m.conf.files {
		// A second, because the kernel counts hundredths since it started.
		if info, err := os.Stat(m.path(name)); err == nil && info.ModTime().After(since.Add(time.Second)) {
			r.found(nginxStale, fmt.Sprintf("%s was changed after nginx (process %d) had read it", name, master))
			return
		}
	}
	r.figure = fmt.Sprintf("%d files, %d servers", len(m.conf.files), len(m.conf.servers))
}

// nginxMaster returns the process that the file of `pid` names, if it runs.
func (m *Machine) nginxMaster() (pid int, ok bool) {
	file := "/run/nginx.pid"
	if m.conf == nil {
		return 0, false
	}
	if d := m.conf.main.first("pid"); d != nil && len(d.args) == 1 {
		file = d.args[0]
	}
	var text []byte
	if filepath.IsAbs(file) {
		text, _ = os.ReadFile(m.path(file))
	} else {
		text, _ = os.ReadFile(filepath.Join(filepath.Dir(m.conf.file), file))
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return pid, err == nil && strings.HasPrefix(m.text("proc", strconv.Itoa(pid), "comm"), "nginx")
}

// nginxWorkers returns the workers that take new connections, the latest first.
func (m *Machine) nginxWorkers() (workers []int) {
	master, ok := m.nginxMaster()
	if !ok {
		return nil
	}
	for _, pid := range m.children(master) {
		if line := m.text("proc", strconv.Itoa(pid), "cmdline"); !strings.Contains(line, "shutting down") && !strings.Contains(line, "cache") {
			workers = append(workers, pid)
		}
	}
	slices.Reverse(workers)
	return workers
}

func (m *Machine) nginxWorker() (pid int, ok bool) {
	workers := m.nginxWorkers()
	if len(workers) == 0 {
		return 0, false
	}
	return workers[0], true
}

// ticks is the unit of the times in /proc/PID/stat; Linux shows 100 a second to all programs.
const ticks = 100

// started returns when a process started.
func (m *Machine) started(pid int) (time.Time, bool) {
	stat := m.text("proc", strconv.Itoa(pid), "stat")
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	var boot int64
	for line := range strings.Lines(m.text("proc/stat")) {
		if rest, ok := strings.CutPrefix(line, "btime "); ok {
			boot, _ = strconv.ParseInt(strings.TrimSpace(rest), 10, 64)
		}
	}
	const startField = 19 // the 22nd, of which two stand before the last bracket
	if boot == 0 || len(fields) <= startField {
		return time.Time{}, false
	}
	after, err := strconv.ParseInt(fields[startField], 10, 64)
	return time.Unix(boot, 0).Add(time.Duration(after) * (time.Second / ticks)), err == nil
}
