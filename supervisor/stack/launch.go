package stack

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"chatter/supervisor/tether"
)

// launch starts supervisord. Detached, it goes into the background by itself and tells
// by its exit status whether its configuration was good.
func (s *Stack) launch(env []string, detach bool) error {
	path, err := find("supervisord")
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
	s.ended, err = tether.Start(cmd, syscall.SIGTERM)
	return err
}

// awaitReady waits until every process runs and both services answer through nginx.
func (s *Stack) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	begun := time.Now()
	var missing string
	var broken error
	ready := poll(ctx, func() bool {
		missing = s.missing(ctx)
		broken = s.broken(ctx, time.Since(begun))
		return missing == "" || broken != nil
	})
	if !ready {
		return fmt.Errorf("%w: %s", ctx.Err(), missing)
	}
	return broken
}

// broken says why waiting any longer than it has been is in vain, if it is.
func (s *Stack) broken(ctx context.Context, waited time.Duration) error {
	select {
	case err := <-s.ended:
		return fmt.Errorf("supervisord ended: %v", err)
	default:
	}
	if waited < hopeless {
		return nil
	}
	if status, _ := s.Ctl(ctx, "status"); strings.Contains(status, " BACKOFF ") || strings.Contains(status, " FATAL ") {
		return fmt.Errorf("a process keeps ending:\n%s", status)
	}
	return nil
}

// missing returns what is not ready yet, "" for nothing.
func (s *Stack) missing(ctx context.Context) string {
	client := http.Client{Timeout: 5 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	defer client.CloseIdleConnections()
	// wsd refuses what is no handshake, but that is an answer of its own.
	for _, path := range []string{"", "ws/index/"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+path, nil)
		if err != nil {
			return err.Error()
		}
		resp, err := client.Do(req)
		if err != nil {
			return err.Error()
		}
		resp.Body.Close()
		if resp.StatusCode >= 500 {
			return "/" + path + " answers " + resp.Status
		}
	}
	status, err := s.Ctl(ctx, "status")
	if err != nil {
		return err.Error()
	}
	if strings.Count(status, " RUNNING ") != len(Processes) {
		return status
	}
	return s.silent(ctx)
}

// silent returns the process of a service whose admin listener does not say that it is
// ready, "" for none: nginx asks only one of each, and supervisord does not ask at all.
func (s *Stack) silent(ctx context.Context) string {
	for _, process := range Processes {
		if !strings.HasPrefix(process, "httpd:") && !strings.HasPrefix(process, "wsd:") {
			continue
		}
		socket := s.Admin(process)
		client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "unix", socket)
			},
		}}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://admin/readyz", nil)
		if err != nil {
			return err.Error()
		}
		resp, err := client.Do(req)
		if err != nil {
			return process + ": " + err.Error()
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return process + " answers " + resp.Status
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

// answers reports whether somebody listens on a unix socket.
func answers(path string) bool {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
