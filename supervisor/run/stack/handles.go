package stack

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"chatter/supervisor/run/child"
	"chatter/supervisor/run/supervisord"
	"chatter/supervisor/run/unixhttp"
)

// Processes are the names of the processes, for supervisorctl, Pid and Kill.
var Processes = []string{"httpd:httpd_0", "httpd:httpd_1", "wsd:wsd_0", "wsd:wsd_1", "nginx", "redis"}

// Dir is the directory of the stack.
func (s *Stack) Dir() string { return s.dir }

// Addr is host:port of nginx.
func (s *Stack) Addr() string { return s.addr }

// URL is the address of the site, with a slash at its end.
func (s *Stack) URL() string { return "http://" + s.addr + "/" }

// RedisURL is the address of the stack's own Redis, as --redis takes it.
func (s *Stack) RedisURL() string { return redisURL(s.dir) }

// RedisSocket is the unix socket of that Redis.
func (s *Stack) RedisSocket() string { return filepath.Join(s.dir, "redis.sock") }

// RedisData is the directory with the data of that Redis.
func (s *Stack) RedisData() string { return filepath.Join(s.dir, "redis") }

// Admin is the unix socket of the admin listener of a process such as "wsd:wsd_1".
func (s *Stack) Admin(process string) string {
	_, name, _ := strings.Cut(process, ":")
	return filepath.Join(s.dir, strings.Replace(name, "_", "-", 1)+".admin.sock")
}

// CtlLine is the command with which a shell controls the stack.
func (s *Stack) CtlLine() string { return "supervisorctl -c " + s.conf() }

func (s *Stack) conf() string { return filepath.Join(s.dir, "supervisord.conf") }

// socket is the unix socket of supervisord.
func (s *Stack) socket() string { return filepath.Join(s.dir, "supervisor.sock") }

// Ctl runs supervisorctl and returns its output, also beside an error. It blocks as
// supervisorctl does: "restart" until the processes run again.
func (s *Stack) Ctl(ctx context.Context, args ...string) (string, error) {
	path, err := child.Find("supervisorctl")
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, path, append([]string{"-c", s.conf()}, args...)...)
	out, err := cmd.CombinedOutput()
	text := string(bytes.TrimSpace(out))
	if err != nil {
		return text, fmt.Errorf("supervisorctl %s: %w: %s", strings.Join(args, " "), err, text)
	}
	return text, nil
}

// AdminGet requests a path from the admin listener of a process and returns the body.
func (s *Stack) AdminGet(ctx context.Context, process, path string) (string, error) {
	return unixhttp.Get(ctx, s.Admin(process), path)
}

// status asks supervisord for all processes.
func (s *Stack) status(ctx context.Context) (supervisord.Processes, error) {
	return supervisord.Status(ctx, s.socket())
}

// Pid returns the id of a process, one of Processes. A process that does not run is an
// error.
func (s *Stack) Pid(ctx context.Context, process string) (int, error) {
	status, err := s.status(ctx)
	if err != nil {
		return 0, err
	}
	p := status[process]
	pid, err := strconv.Atoi(p.Pid)
	if err != nil || pid <= 0 {
		return 0, fmt.Errorf("%s does not run: %s %s", process, p.State, p.Reason)
	}
	return pid, nil
}

// Kill sends a signal to a process without supervisord, and returns the id that it had. SIGKILL
// for nginx is sent to its workers too, which would go on without the master.
func (s *Stack) Kill(ctx context.Context, process string, sig syscall.Signal) (int, error) {
	pid, err := s.Pid(ctx, process)
	if err != nil {
		return 0, err
	}
	pids := []int{pid}
	if process == "nginx" && sig == syscall.SIGKILL {
		pids = append(pids, child.Of(pid)...)
	}
	for _, p := range pids {
		if err := syscall.Kill(p, sig); err != nil && p == pid {
			return pid, fmt.Errorf("signal %s: %w", process, err)
		}
	}
	return pid, nil
}
