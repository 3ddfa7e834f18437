package stack

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"chatter/supervisor/run/child"
)

// launch starts supervisord. Detached, it goes into the background by itself and tells
// by its exit status whether its configuration was good.
func (s *Stack) launch(env []string, detach bool) error {
	path, err := child.Find("supervisord")
	if err != nil {
		return err
	}
	// A relative -c would be looked for elsewhere by a daemon.
	args := []string{"-c", s.conf()}
	if !detach {
		args = append(args, "-n")
	}
	out, err := os.Create(filepath.Join(s.dir, "logs", "supervisord.out.log"))
	if err != nil {
		return err
	}
	defer out.Close()
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = s.dir, env, out, out
	// Out of the terminal's group: Ctrl-C is for who started the stack.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if detach {
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("supervisord: %w\n%s", err, tail(out.Name()))
		}
		return nil
	}
	// TERM lets it take its children along.
	s.ended, err = child.Start(cmd, syscall.SIGTERM)
	return err
}

// awaitReady waits until every process runs and both services answer through nginx.
func (s *Stack) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	var missing string
	var broken error
	seen := starts{}
	ready := Poll(ctx, func() bool {
		missing = s.missing(ctx)
		broken = s.broken(ctx, seen)
		return missing == "" || broken != nil
	})
	if !ready {
		return fmt.Errorf("%w: %s", ctx.Err(), missing)
	}
	return broken
}

// mostStarts is how often a process may be started before the start of the stack fails.
const mostStarts = 4

// starts has the times at which each process was started.
type starts map[string]map[string]bool

// broken says why the stack cannot become ready, nil if it can. How long the start takes
// does not matter.
func (s *Stack) broken(ctx context.Context, seen starts) error {
	select {
	case err := <-s.ended:
		return fmt.Errorf("supervisord ended: %v", err)
	default:
	}
	status, _ := s.status(ctx)
	for name, p := range status {
		if seen[name] == nil {
			seen[name] = map[string]bool{"0": true}
		}
		seen[name][p.Started] = true
		if p.State == "FATAL" || len(seen[name])-1 >= mostStarts {
			return fmt.Errorf("%s keeps ending:\n%s", name, status)
		}
	}
	return nil
}

// missing returns what is not ready yet, "" for nothing.
func (s *Stack) missing(ctx context.Context) string {
	status, err := s.status(ctx)
	if err != nil {
		return err.Error()
	}
	for _, name := range Processes {
		if status[name].State != "RUNNING" {
			return status.String()
		}
	}
	// nginx writes this file when it listens. Until then another process may answer.
	if text, err := os.ReadFile(filepath.Join(s.dir, "nginx", "nginx.pid")); err != nil || strings.TrimSpace(string(text)) != status["nginx"].Pid {
		return "nginx does not listen yet"
	}
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	// wsd refuses a request that is no handshake, but it answers.
	for _, path := range []string{"", "ws/index/"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+path, nil)
		if err != nil {
			return err.Error()
		}
		req.Close = true
		resp, err := http.DefaultTransport.RoundTrip(req) // without redirects
		if err != nil {
			return err.Error()
		}
		resp.Body.Close()
		if resp.StatusCode >= 500 {
			return "/" + path + " answers " + resp.Status
		}
	}
	return s.silent(ctx)
}

// silent returns the process of a service whose admin listener does not say that it is
// ready, "" for none: nginx asks only one of each, and supervisord does not ask at all.
func (s *Stack) silent(ctx context.Context) string {
	for _, process := range Processes {
		if !strings.Contains(process, ":") {
			continue // not a service
		}
		if _, err := s.AdminGet(ctx, process, "/readyz"); err != nil {
			return process + ": " + err.Error()
		}
	}
	return ""
}

// LogEnds returns the last lines of each log of the stack in dir, access logs left out.
// A person needs them to see why a stack failed.
func LogEnds(dir string) string {
	var b strings.Builder
	logs, _ := filepath.Glob(filepath.Join(dir, "logs", "*log*"))
	for _, path := range logs {
		if text := tail(path); text != "" && !strings.HasSuffix(path, "-access.log") {
			fmt.Fprintf(&b, "--- %s\n%s\n", path, text)
		}
	}
	return b.String()
}

// tail returns the last lines of a file.
func tail(path string) string {
	const most = 2000
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text[max(0, len(text)-most):]))
}
