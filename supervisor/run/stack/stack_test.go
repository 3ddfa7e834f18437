package stack_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"chatter/shared/redisconn"
	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

// standin returns the directory of the services' stand-ins.
var standin = sync.OnceValues(func() (string, error) {
	dir, err := fixture.RunDir()
	if err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "httpd"), "./testdata/standin").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return dir, os.Link(filepath.Join(dir, "httpd"), filepath.Join(dir, "wsd"))
})

func TestMain(m *testing.M) {
	fixture.Parallel(8)
	os.Exit(fixture.Main(m))
}

// options are those of a stack with stand-ins in a directory of its own. The end of the test ends
// its processes.
func options(t *testing.T) stack.Options {
	t.Helper()
	fixture.Need(t, fixture.Programs...)
	bin, err := standin()
	if err != nil {
		t.Fatal(err)
	}
	dir := fixture.Dir(t)
	t.Cleanup(func() {
		fixture.Explain(t, dir)
		if err := stack.StopIn(context.Background(), dir); err != nil {
			t.Error(err)
		}
	})
	return stack.Options{Dir: dir, Bin: bin}
}

func start(t *testing.T, o stack.Options) *stack.Stack {
	t.Helper()
	s, err := stack.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(t *testing.T, s *stack.Stack, path string) (int, string) {
	t.Helper()
	resp, err := http.Get(s.URL() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func pid(t *testing.T, s *stack.Stack, process string) int {
	t.Helper()
	pid, err := s.Pid(t.Context(), process)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// alive reports whether a process runs. One that has ended and that its parent has not
// noticed yet does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // not on every system
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

func TestStack_RunsAndStops(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Env = []string{"CHATTER_EXTRA=more"}
	s := start(t, o)

	for path, want := range map[string]string{"": "httpd", "ws/index/": "wsd"} {
		if code, body := get(t, s, path); code != 200 || body != want+" "+s.RedisURL()+" more" {
			t.Errorf("GET /%s: %d %q", path, code, body)
		}
	}
	pids := map[int]string{}
	for _, name := range stack.Processes {
		pids[pid(t, s, name)] = name
		if strings.Contains(name, ":") {
			conn, err := net.Dial("unix", s.Admin(name))
			if err != nil {
				t.Errorf("admin listener of %s: %v", name, err)
				continue
			}
			conn.Close()
		}
	}
	if len(pids) != len(stack.Processes) {
		t.Errorf("processes %v", pids)
	}
	// Its Redis has the settings that the services want, and refuses none of their commands.
	client, err := redisconn.Open(s.RedisURL())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	check := client.StartCheck("chatter:", slog.New(slog.DiscardHandler))
	defer check.Close()
	check.Wait()
	if warnings := check.Warnings(); len(warnings) > 0 {
		t.Errorf("warnings %q", warnings)
	}

	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for pid, name := range pids {
		if alive(pid) {
			t.Errorf("%s outlives the stack", name)
		}
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Errorf("a second stop: %v", err)
	}
}

// redis sends one inline command and returns the first bytes of the answer.
func redis(t *testing.T, s *stack.Stack, command string) string {
	t.Helper()
	conn, err := net.Dial("unix", s.RedisSocket())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(fixture.HangLimit))
	if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
		t.Fatal(err)
	}
	reply := make([]byte, 4096)
	n, err := conn.Read(reply)
	if err != nil {
		t.Fatal(err)
	}
	return string(reply[:n])
}

func TestStack_RestartsWhatDies(t *testing.T) {
	t.Parallel()
	s := start(t, options(t))
	redis(t, s, "SET kept yes")
	for _, name := range []string{"httpd:httpd_0", "wsd:wsd_1", "nginx", "redis"} {
		before, err := s.Kill(t.Context(), name, syscall.SIGKILL)
		if err != nil {
			t.Fatal(err)
		}
		fixture.Await(t, name+" runs again", func() bool {
			now, err := s.Pid(t.Context(), name)
			return err == nil && now != before
		})
	}
	fixture.Await(t, "redis answers", func() bool {
		conn, err := net.Dial("unix", s.RedisSocket())
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	fixture.Await(t, "the data is loaded", func() bool { return strings.Contains(redis(t, s, "GET kept"), "yes") })
	fixture.Await(t, "the site answers", func() bool {
		resp, err := http.Get(s.URL())
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == 200
	})
	if _, err := s.Ctl(t.Context(), "signal", "HUP", "nginx"); err != nil {
		t.Error(err)
	}
	if code, _ := get(t, s, ""); code != 200 {
		t.Errorf("after a reload of nginx: %d", code)
	}
}
