package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"chatter/supervisor/ctl/internal/admin"
)

// reloadWithin bounds the reload of one process: a drain of 8 s, and a start on a busy machine.
const reloadWithin = 2 * time.Minute

var reload = command{
	name: "reload",
	help: "has each process take the current programs and settings, one after the other",
	run: func(ctx context.Context, s *site, _ []string) (string, error) {
		processes, err := s.find("")
		if err != nil {
			return "", err
		}
		// A stack that `make up` has started has a supervisord of its own.
		var options []string
		if conf := filepath.Join(s.dir, "supervisord.conf"); exists(conf) {
			options = []string{"-c", conf}
		}
		var lines []string
		for _, p := range processes {
			version, err := reloadOne(ctx, p, options)
			if err != nil {
				return "", fmt.Errorf("%w; the processes after it are as before", err)
			}
			lines = append(lines, p.Program()+": "+version)
		}
		return strings.Join(lines, "\n"), nil
	},
}

// supervisorctl runs that command and returns what it prints. Tests replace it.
var supervisorctl = func(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "supervisorctl", args...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("supervisorctl %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return string(out), err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// reloadOne returns the version when another image of the process is ready than before. The
// options are those of supervisorctl.
func reloadOne(ctx context.Context, p admin.Process, options []string) (version string, err error) {
	before, err := get(ctx, p, "/version")
	if err != nil {
		return "", fmt.Errorf("%s does not answer, so it is not reloaded: %w", p.Program(), err)
	}
	earlier, _ := get(ctx, p, "/refusal") // of another reload
	if _, err := supervisorctl(ctx, slices.Concat(options, []string{"signal", "HUP", p.Program()})...); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, reloadWithin, fmt.Errorf("%s has not reloaded in %v; its log says why", p.Program(), reloadWithin))
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		now, err := get(ctx, p, "/version")
		if err != nil {
			// Its exit status tells whether the process runs; the text tells why not.
			if status, _ := supervisorctl(ctx, slices.Concat(options, []string{"status", p.Program()})...); strings.Contains(status, "BACKOFF") || strings.Contains(status, "FATAL") {
				return "", fmt.Errorf("%s ends when supervisord starts it; its log says why", p.Program())
			}
		} else if now != before {
			if _, err := get(ctx, p, "/readyz"); err == nil {
				return strings.TrimSpace(now), nil
			}
		} else if refusal, err := get(ctx, p, "/refusal"); err == nil && refusal != earlier {
			return "", fmt.Errorf("%s refuses and goes on as before (%s)", p.Program(), strings.TrimSpace(refusal))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// get requests a path; a process that hangs is asked anew after a while.
func get(ctx context.Context, p admin.Process, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, orderTime)
	defer cancel()
	return p.Get(ctx, path)
}
