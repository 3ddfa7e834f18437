package stack

import (
	"bytes"
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

// endLeftovers ends the processes of a stack in dir whose supervisord was killed or does not
// answer, first by TERM. Without /proc it finds none.
func endLeftovers(ctx context.Context, dir string) error {
	for _, step := range []struct {
		sig  syscall.Signal
		wait time.Duration
	}{
		{syscall.SIGTERM, 20 * time.Second}, // more than the drain of a service takes
		{syscall.SIGKILL, time.Minute},
	} {
		for _, pid := range leftovers(dir) {
			syscall.Kill(pid, step.sig) // It may have ended by now.
		}
		wait, cancel := context.WithTimeout(ctx, step.wait)
		gone := Poll(wait, func() bool { return len(leftovers(dir)) == 0 })
		cancel()
		if gone {
			return nil
		}
	}
	return fmt.Errorf("processes %v of an earlier run in %s cannot be ended", leftovers(dir), dir)
}

// leftovers returns the processes of a stack in dir: they have one of its names, and their
// working directory or a socket is in dir or below it. A shell may have that working directory
// too, but not the name.
func leftovers(dir string) (pids []int) {
	// The arguments hold dir as it was given; the kernel shows resolved paths.
	socket := []byte("unix:" + dir + "/")
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	names := []string{"supervisord", "nginx", "redis-server", "httpd", "wsd"}
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, proc := range processes {
		name, err := os.ReadFile(filepath.Join(proc, "comm"))
		if err != nil || !slices.Contains(names, strings.TrimSpace(string(name))) {
			continue
		}
		cwd, err := os.Readlink(filepath.Join(proc, "cwd"))
		// " (deleted)" follows the path of a removed directory.
		cwd = strings.TrimSuffix(cwd, " (deleted)")
		works := err == nil && (cwd == dir || strings.HasPrefix(cwd, dir+"/"))
		// Only root may read the working directory of a service that is not dumpable, but
		// everybody may read its arguments, which contain its sockets.
		arguments, err := os.ReadFile(filepath.Join(proc, "cmdline"))
		serves := err == nil && bytes.Contains(arguments, socket)
		if pid, _ := strconv.Atoi(filepath.Base(proc)); works || serves {
			pids = append(pids, pid)
		}
	}
	return pids
}
