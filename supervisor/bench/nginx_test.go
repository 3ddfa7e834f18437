package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"chatter/supervisor/bench/swarm"
)

func TestOnlineCores_CountsTheirLines(t *testing.T) {
	const text = "cpu  1 2\ncpu0 1 2\ncpu1 1 2\ncpu10 1 2\nintr 5 cpu2 \ncpus 1\n"
	if n := onlineCores([]byte(text)); n != 3 {
		t.Errorf("%d cores, want 3", n)
	}
}

// A worker that is not known is one whose work is charged to nobody.
func TestStartNginx_KnowsEachWorker(t *testing.T) {
	l := lab{ctx: t.Context(), programs: map[string]string{"nginx": installed(t, "nginx")}}
	r := l.newRig()
	r.dir = t.TempDir()
	t.Cleanup(r.stop)
	r.servers = []swarm.Server{{Addr: "127.0.0.1:1"}}
	if err := l.startNginx(r); err != nil {
		t.Fatal(err)
	}
	// They have their name a moment after they were started.
	named := func() (workers []int) {
		for _, pid := range childrenOf(r.front[0].pid) {
			if strings.HasPrefix(commandOf(t, pid), "nginx: worker") {
				workers = append(workers, pid)
			}
		}
		return workers
	}
	if err := l.until(func() bool { return len(named()) == onlineCores(stat(t)) }); err != nil {
		t.Fatalf("%v: workers %v", err, named())
	}
	all := append(named(), r.front[0].pid)
	for _, pid := range all {
		if !slices.Contains(r.accs, pid) {
			t.Errorf("%d is not known: %v are", pid, r.accs)
		}
	}
	r.stop()
	gone := func() bool {
		return !slices.ContainsFunc(all, func(pid int) bool {
			name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			return strings.HasPrefix(string(name), "nginx:")
		})
	}
	if err := l.until(gone); err != nil {
		t.Errorf("%v: some of %v go on", err, all)
	}
}

func stat(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	return text
}
