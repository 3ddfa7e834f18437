package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// reloadWithin bounds the reload of one process: a drain of 8 s, and a start on a busy machine.
const reloadWithin = 2 * time.Minute

var reload = command{
	name: "reload", args: "",
	help: "has each process take the current programs and settings, one after the other",
	run: func(ctx context.Context, s *site, _ []string) (string, error) {
		sockets, err := filepath.Glob(filepath.Join(s.dir, "*-[0-9]*.admin.sock"))
		if err != nil || len(sockets) == 0 {
			return "", fmt.Errorf("there is no socket httpd-*.admin.sock or wsd-*.admin.sock in %s: start the services, or name another directory with --dir", s.dir)
		}
		var lines []string
		for _, socket := range sockets {
			line, err := reloadOne(ctx, socket)
			if err != nil {
				return "", fmt.Errorf("%w; the processes after it are as before", err)
			}
			lines = append(lines, line)
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

// reloadOne returns when another image of the process is ready than before.
func reloadOne(ctx context.Context, socket string) (string, error) {
	process := processOf(socket)
	before, err := adminText(ctx, socket, "/version")
	if err != nil {
		return "", fmt.Errorf("%s does not answer, so it is not reloaded: %w", process, err)
	}
	if _, err := supervisorctl(ctx, "signal", "HUP", process); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, reloadWithin, fmt.Errorf("%s has not reloaded in %v; its log says why", process, reloadWithin))
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		now, err := adminText(ctx, socket, "/version")
		if err != nil {
			// Its exit status tells whether the process runs; the text tells why not.
			if status, _ := supervisorctl(ctx, "status", process); strings.Contains(status, "BACKOFF") || strings.Contains(status, "FATAL") {
				return "", fmt.Errorf("%s ends when supervisord starts it; its log says why", process)
			}
		} else if now != before {
			if _, err := adminText(ctx, socket, "/readyz"); err == nil {
				return process + ": " + now, nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// processOf returns the name that supervisord has for the process of an admin socket:
// httpd:httpd_0 for httpd-0.admin.sock.
func processOf(socket string) string {
	name := strings.TrimSuffix(filepath.Base(socket), ".admin.sock")
	service, _, _ := strings.Cut(name, "-")
	return service + ":" + strings.Replace(name, "-", "_", 1)
}

// adminText asks a process on its admin socket and returns the answer, one of status 200.
func adminText(ctx context.Context, socket, path string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://admin"+path, nil)
	if err != nil {
		return "", err
	}
	response, err := over(socket).Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answers with status %d", path, response.StatusCode)
	}
	return strings.TrimSpace(string(text)), nil
}
