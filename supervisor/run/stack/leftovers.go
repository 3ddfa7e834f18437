package stack

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// endLeftovers ends what still runs in dir: the processes of a stack whose supervisord
// was killed or cannot be reached. Each gets TERM first. Without /proc it finds none.
func endLeftovers(ctx context.Context, dir string) error {
	for _, step := range []struct {
		sig  syscall.Signal
		wait time.Duration
	}{
		{syscall.SIGTERM, 20 * time.Second}, // more than what services take to drain
		{syscall.SIGKILL, time.Minute},
	} {
		for _, pid := range leftovers(dir) {
			syscall.Kill(pid, step.sig) // It may have ended by now.
		}
		wait, cancel := context.WithTimeout(ctx, step.wait)
		gone := poll(wait, func() bool { return len(leftovers(dir)) == 0 })
		cancel()
		if gone {
			return nil
		}
	}
	return fmt.Errorf("processes %v of an earlier run in %s cannot be ended", leftovers(dir), dir)
}

// leftovers are the processes that have one of the stack's names and work in dir or
// below it. Both, because a shell or an editor may stand there too.
func leftovers(dir string) []int {
	// The kernel shows resolved paths.
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	names := []string{"supervisord", "nginx", "redis-server", "httpd", "wsd"}
	return pidsOf(func(pid int) bool {
		proc := filepath.Join("/proc", strconv.Itoa(pid))
		name, err := os.ReadFile(filepath.Join(proc, "comm"))
		if err != nil || !slices.Contains(names, strings.TrimSpace(string(name))) {
			return false
		}
		cwd, err := os.Readlink(filepath.Join(proc, "cwd"))
		// " (deleted)" follows the path of a directory that is gone.
		cwd = strings.TrimSuffix(cwd, " (deleted)")
		return err == nil && (cwd == dir || strings.HasPrefix(cwd, dir+"/"))
	})
}

// children are the processes that pid started.
func children(pid int) []int {
	return pidsOf(func(child int) bool {
		stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(child), "stat"))
		if err != nil {
			return false
		}
		// proc(5): the parent is the second field after the name, which stands in
		// parentheses and may hold anything.
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		return len(fields) > 1 && fields[1] == strconv.Itoa(pid)
	})
}

func pidsOf(which func(pid int) bool) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && which(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}
