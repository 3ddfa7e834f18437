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
		gone := Poll(wait, func() bool { return len(leftovers(dir)) == 0 })
		cancel()
		if gone {
			return nil
		}
	}
	return fmt.Errorf("processes %v of an earlier run in %s cannot be ended", leftovers(dir), dir)
}

// leftovers are the processes that have one of the stack's names and work, or have a
// socket, in dir or below it. Both, because a shell or an editor may stand there too.
func leftovers(dir string) (pids []int) {
	// Arguments have the path as it was given, the kernel shows resolved ones.
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
		// " (deleted)" follows the path of a directory that is gone.
		cwd = strings.TrimSuffix(cwd, " (deleted)")
		works := err == nil && (cwd == dir || strings.HasPrefix(cwd, dir+"/"))
		// A service that is not dumpable shows its directory to root alone, but its
		// arguments, in which its sockets are, to everybody.
		arguments, err := os.ReadFile(filepath.Join(proc, "cmdline"))
		serves := err == nil && bytes.Contains(arguments, socket)
		if pid, _ := strconv.Atoi(filepath.Base(proc)); works || serves {
			pids = append(pids, pid)
		}
	}
	return pids
}
