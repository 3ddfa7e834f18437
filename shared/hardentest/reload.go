package hardentest

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"chatter/shared/redistest"
)

// MoreReloads is more than the kernel stacks sets of rules on a process: 16.
const MoreReloads = 17

// refusal is in the log when a reload is refused.
const refusal = "reload refused"

// Reload installs the service as a package does, starts it as an ordinary user, and does
// what an operator does: reload it so many times, rotate the secret, install another release, restart
// Redis and kill the service. main are environment entries that make the test binary the
// service.
func Reload(t *testing.T, times int, main ...string) {
	needLinux(t)
	redis := redistest.Start(t, "--unixsocketperm", "777")
	must(t, os.Chmod(redis.Dir(), 0o711))
	dir := directory(t, "run", "etc", "lib/1", "lib/2")
	if os.Geteuid() == 0 {
		must(t, os.Chown(filepath.Join(dir, "run"), nobody, nobody))
	}
	for _, release := range []string{"1", "2"} {
		copyFile(t, os.Args[0], filepath.Join(dir, "lib", release, "service"))
	}
	point(t, filepath.Join(dir, "lib/current"), "1")
	secret := filepath.Join(dir, "etc/secret")
	write(t, secret, firstKey)
	s := &service{t: t, dir: dir, main: main, args: []string{"--listen", "unix:" + filepath.Join(dir, "run/public"), "--redis", redis.URL, "--secret-file", secret, "--log-format", "json"}}
	s.start()

	for range times {
		s.reload()
	}
	write(t, secret, badKey)
	s.signal(syscall.SIGHUP)
	s.refused++
	s.await("the reload is refused", func() bool { return strings.Contains(s.log.String(), refusal) })
	if log := s.log.String(); !strings.Contains(log, "secret file") || strings.Contains(log, "permission denied") {
		t.Errorf("the log does not say that the new secret is bad:\n%s", s.log.Tail())
	}
	write(t, secret, secondKey)
	s.reload()

	point(t, filepath.Join(dir, "lib/current"), "2")
	s.reload()
	if got, want := s.binary(), filepath.Join(dir, "lib/2/service"); got != want {
		t.Errorf("it runs %s, want %s", got, want)
	}
	if info, err := os.Stat(fmt.Sprintf("/proc/%d/mem", s.cmd.Process.Pid)); err != nil {
		t.Error(err)
	} else if owner := info.Sys().(*syscall.Stat_t).Uid; owner != 0 {
		t.Errorf("its memory belongs to user %d: it is dumpable", owner)
	}

	redis.Kill()
	s.await("it is not ready without Redis", func() bool { return s.ready() == http.StatusServiceUnavailable })
	redis.Run()
	s.await("it is ready with Redis again", func() bool { return s.ready() == http.StatusOK })

	s.signal(syscall.SIGKILL)
	<-s.ended
	s.start() // the socket files of the process that was killed are replaced
	s.signal(syscall.SIGTERM)
	if <-s.ended; !s.cmd.ProcessState.Success() {
		t.Errorf("after SIGTERM: %v", s.cmd.ProcessState)
	}
}

// service is the process.
type service struct {
	t          *testing.T
	dir        string
	main, args []string
	cmd        *exec.Cmd
	ended      chan struct{} // closed when the process has ended
	log        *redistest.Output
	starts     int // images that have begun to serve
	refused    int // reloads
}

func (s *service) admin() string { return filepath.Join(s.dir, "run/admin") }

func (s *service) start() {
	s.t.Helper()
	s.log, s.starts, s.refused = new(redistest.Output), 0, 0
	s.cmd = exec.Command(filepath.Join(s.dir, "lib/current/service"), append([]string{"--admin", "unix:" + s.admin()}, s.args...)...)
	s.cmd.Env = append(os.Environ(), s.main...)
	s.cmd.Stderr = s.log
	redistest.EndWithParent(s.cmd)
	if os.Geteuid() == 0 {
		s.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	must(s.t, s.cmd.Start())
	ended, cmd := make(chan struct{}), s.cmd
	go func() {
		cmd.Wait()
		close(ended)
	}()
	s.ended = ended
	s.t.Cleanup(func() {
		cmd.Process.Kill() // It may have ended.
		<-ended
		if s.t.Failed() {
			s.t.Logf("the last lines of the service:\n%s", s.log.Tail())
		}
	})
	s.awaitStart()
}

// awaitStart waits until one more image of the process serves and is ready.
func (s *service) awaitStart() {
	s.t.Helper()
	s.starts++
	s.await("another image serves, or the reload is refused", func() bool {
		log := s.log.String()
		return strings.Count(log, `"to":"admin"`) >= s.starts || strings.Count(log, refusal) > s.refused
	})
	if n := strings.Count(s.log.String(), refusal); n > s.refused {
		s.t.Fatal("the reload is refused")
	}
	s.await("it is ready", func() bool { return s.ready() == http.StatusOK })
}

func (s *service) reload() {
	s.t.Helper()
	s.signal(syscall.SIGHUP)
	s.awaitStart()
}

func (s *service) signal(sig syscall.Signal) {
	s.t.Helper()
	must(s.t, s.cmd.Process.Signal(sig))
}

func (s *service) ready() int {
	status, _, _ := ask(s.admin(), "/readyz")
	return status
}

// binary returns the file that the process runs. The link is not for other users.
func (s *service) binary() string {
	s.t.Helper()
	path, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", s.cmd.Process.Pid))
	must(s.t, err)
	return path
}

func (s *service) await(what string, holds func() bool) {
	s.t.Helper()
	tick, limit := time.NewTicker(5*time.Millisecond), time.After(HangLimit)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-s.ended:
			s.t.Fatalf("the service ended (%v), before: %s", s.cmd.ProcessState, what)
		case <-limit:
			s.t.Fatalf("after %v not: %s", HangLimit, what)
		}
	}
}
