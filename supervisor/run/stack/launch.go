package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"chatter/supervisor/run/child"
	"chatter/supervisor/run/supervisord"
)

// launch starts supervisord. If it is detached, it goes into the background by itself, and its
// exit status tells whether its configuration was good.
func (s *Stack) launch(env []string, detach bool) error {
	path, err := child.Find("supervisord")
	if err != nil {
		return err
	}
	// A daemon changes its directory, so the path of -c is absolute.
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
	// In a process group of its own, so that Ctrl-C reaches only the starting process.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if detach {
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("supervisord: %w\n%s", err, tail(out.Name()))
		}
		return nil
	}
	// After TERM it ends its children too.
	s.ended, err = child.Start(cmd, syscall.SIGTERM)
	return err
}

// awaitReady waits until every process runs and both services answer through nginx. How long
// the start takes does not matter, but a process that ends again and again is an error.
func (s *Stack) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	var missing, broken error
	starts := make(map[string][]string) // the times at which each process was started
	ready := Poll(ctx, func() bool {
		status, err := s.status(ctx)
		missing = cmp.Or(err, s.missing(ctx, status))
		broken = s.broken(status, starts)
		return missing == nil || broken != nil
	})
	if !ready {
		return fmt.Errorf("%w: %w", ctx.Err(), missing)
	}
	return broken
}

// mostStarts is how often a process may be started before the start of the stack fails.
const mostStarts = 4

// broken says why the stack cannot become ready, nil if it can.
func (s *Stack) broken(status supervisord.Processes, starts map[string][]string) error {
	select {
	case err := <-s.ended:
		return fmt.Errorf("supervisord ended: %v", err)
	default:
	}
	for name, p := range status {
		if p.Started != "0" && !slices.Contains(starts[name], p.Started) {
			starts[name] = append(starts[name], p.Started)
		}
		if p.State == "FATAL" || len(starts[name]) >= mostStarts {
			return fmt.Errorf("%s keeps ending:\n%s", name, status)
		}
	}
	return nil
}

// missing returns an error that names the part which is not ready yet.
func (s *Stack) missing(ctx context.Context, status supervisord.Processes) error {
	for _, name := range Processes {
		if status[name].State != "RUNNING" {
			return errors.New(status.String())
		}
	}
	// nginx writes this file when it listens. Until then another process may answer.
	if text, err := os.ReadFile(filepath.Join(s.dir, "nginx", "nginx.pid")); err != nil || strings.TrimSpace(string(text)) != status["nginx"].Pid {
		return errors.New("nginx does not listen yet")
	}
	// wsd refuses a request that is no handshake, but it answers.
	for _, path := range []string{"", "ws/index/"} {
		if err := Answers(ctx, s.URL()+path); err != nil {
			return err
		}
	}
	// nginx asks only one process of each service, and supervisord does not ask at all.
	for _, process := range Processes {
		if strings.Contains(process, ":") {
			if _, err := s.AdminGet(ctx, process, "/readyz"); err != nil {
				return fmt.Errorf("%s: %w", process, err)
			}
		}
	}
	return nil
}

// Answers returns an error unless a URL is answered, without redirects, and by another server
// than the proxy before a service that does not answer.
func Answers(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute) // then it is tried again
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Close = true
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if slices.Contains([]int{http.StatusBadGateway, http.StatusGatewayTimeout}, resp.StatusCode) {
		return fmt.Errorf("%s answers %s", url, resp.Status)
	}
	return nil
}

// LogEnds returns the last lines of each log of the stack in dir, except access logs, to show
// why a stack failed.
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
