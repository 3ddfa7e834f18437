package faults_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"chatter/supervisor/run/services"
	"chatter/supervisor/test/fixture"
)

// A release that cannot start, or a configuration that does not stand, is refused at a
// reload: the processes serve on, with a line in the log that says why. A good release
// then runs under the same process ids. Guests notice nothing of it all.
func TestUpgrade_OnlyAReleaseThatCanStartReplacesTheOld(t *testing.T) {
	t.Parallel()
	bin := raceServices(t)
	dir := t.TempDir()
	release := make(map[string][]byte)
	for _, service := range services.Names {
		content, err := os.ReadFile(filepath.Join(bin, service))
		if err != nil {
			t.Fatal(err)
		}
		release[service] = content
		install(t, filepath.Join(dir, service), content, 0o755)
	}
	w := start(t, dir)
	ann, ben := w.join("Upgrade"), w.join("Upgrade")
	w.talk(ann, "before", ann, ben)
	viewers := w.viewers(2, "Upgrade")

	processes := []string{"httpd:httpd_0", "httpd:httpd_1", "wsd:wsd_0", "wsd:wsd_1"}
	pids, old := make(map[string]int), make(map[string]os.FileInfo)
	for _, p := range processes {
		pid, err := w.Pid(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		pids[p], old[p] = pid, running(t, pid)
	}
	secret := filepath.Join(w.Dir(), "secret")
	key, err := os.ReadFile(secret)
	if err != nil {
		t.Fatal(err)
	}
	everywhere := func(content func(service string) []byte) func() {
		return func() {
			for _, service := range services.Names {
				install(t, filepath.Join(dir, service), content(service), 0o755)
			}
		}
	}
	intact := everywhere(func(service string) []byte { return release[service] })
	for i, bad := range []struct {
		name, reason string
		spoil, mend  func()
	}{
		{"a script that fails", "check " + dir, everywhere(func(string) []byte {
			return []byte("#!/bin/sh\necho no such thing >&2\nexit 1\n")
		}), intact},
		{"half a file", "check " + dir, everywhere(func(service string) []byte {
			return release[service][:len(release[service])/2]
		}), intact},
		{"no key", "exit status 1: ", func() { install(t, secret, nil, 0o600) }, func() { install(t, secret, key, 0o600) }},
	} {
		bad.spoil()
		w.hup()
		for _, p := range processes {
			fixture.Await(t, bad.name+" is refused by "+p, func() bool { return len(refusals(t, w, p)) > i })
			lines := refusals(t, w, p)
			if len(lines) != i+1 || !strings.Contains(lines[i], bad.reason) {
				t.Errorf("%s, %s: the log says %q, want one line more, with %q", bad.name, p, lines, bad.reason)
			}
			if pid, err := w.Pid(t.Context(), p); pid != pids[p] || !os.SameFile(running(t, pid), old[p]) {
				t.Errorf("%s: %s has process id %d, was %d, %v; or runs something else", bad.name, p, pid, pids[p], err)
			}
		}
		bad.mend()
		w.talk(ben, bad.name, ann, ben)
	}

	everywhere(func(service string) []byte { return append(slices.Clone(release[service]), "another build"...) })()
	w.hup()
	for _, p := range processes {
		want, err := os.Stat(filepath.Join(dir, strings.Split(p, ":")[0]))
		if err != nil {
			t.Fatal(err)
		}
		fixture.Await(t, p+" runs the new file", func() bool {
			// In the middle of an exec a process has no file for a moment.
			got, err := os.Stat(exe(pids[p]))
			return err == nil && os.SameFile(got, want)
		})
		if pid, err := w.Pid(t.Context(), p); pid != pids[p] {
			t.Errorf("%s has process id %d, was %d, %v", p, pid, pids[p], err)
		}
	}
	w.talk(ann, "after", ann, ben)

	answers := viewers.stop()
	if n := answers["200"]; n == 0 || len(answers) > 1 {
		t.Errorf("pages: %v, want 200 alone", answers)
	}
	log := w.log(w.redis(), "upgrade")
	for i, p := range []*person{ann, ben} {
		p.mu.Lock()
		if !slices.Equal(p.entries, log) || p.gaps > 0 || len(p.refused) > 0 {
			t.Errorf("guest %d: seen %v, %d gaps, handshakes refused %v\nthe log has %v", i, p.entries, p.gaps, p.refused, log)
		}
		p.mu.Unlock()
	}
}

// install puts a file in its place in one step, as a package manager does.
func install(t *testing.T, path string, content []byte, mode os.FileMode) {
	t.Helper()
	// A child that is forked just now would hold the file open for writing until its exec,
	// and a file that is so held cannot be run.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path+".new", content, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// running is the file that a process runs.
func running(t *testing.T, pid int) os.FileInfo {
	t.Helper()
	info, err := os.Stat(exe(pid))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func exe(pid int) string { return fmt.Sprintf("/proc/%d/exe", pid) }

// refusals are the lines of a process's log that say why a reload was refused.
func refusals(t *testing.T, w *site, process string) (lines []string) {
	t.Helper()
	_, name, _ := strings.Cut(process, ":")
	text, err := os.ReadFile(filepath.Join(w.Dir(), "logs", strings.Replace(name, "_", "-", 1)+".log"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "reload refused, serving on") {
			lines = append(lines, line)
		}
	}
	return lines
}

// hup has all processes of both services reload.
func (w *site) hup() {
	w.t.Helper()
	for _, service := range services.Names {
		if _, err := w.Ctl(w.t.Context(), "signal", "HUP", service+":*"); err != nil {
			w.t.Fatal(err)
		}
	}
}
