package daemon_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// listening returns a listening unix socket as a supervisor holds it, and its
// address. The socket file stays, as supervisor's does.
func listening(t *testing.T) (f *os.File, address string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	f, err = ln.(*net.UnixListener).File()
	if err != nil {
		t.Fatal(err)
	}
	ln.(*net.UnixListener).SetUnlinkOnClose(false)
	ln.Close()
	t.Cleanup(func() { f.Close() })
	return f, "unix:" + path
}

func TestReload_UnderLoadFailsNoRequestAndKeepsTheProcess(t *testing.T) {
	for _, kind := range []string{"tcp", "unix", "fd"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			path := newProgram(t)
			dir := t.TempDir()
			admin := "unix:" + filepath.Join(dir, "admin")
			var stdin *os.File
			var address, spec string
			switch kind {
			case "tcp":
				spec = "127.0.0.1:0"
			case "unix":
				spec = "unix:" + filepath.Join(dir, "public")
			case "fd":
				stdin, address = listening(t)
				spec = "fd:0"
			}
			c := start(t, path, stdin, "--listen", spec, "--admin", admin)
			if shown := c.address(); kind != "fd" {
				address = shown
			}
			pid := c.cmd.Process.Pid
			l := startLoad(t, address)
			l.await(pid, markFirst, 50)

			c.signal(syscall.SIGHUP) // the file as it was
			c.await("draining to reload")
			if got := c.address(); kind == "tcp" && got != address {
				t.Errorf("the port changed: %s, was %s", got, address)
			}
			l.await(pid, markFirst, 50)

			install(t, path, markSecond)
			c.signal(syscall.SIGHUP)
			l.await(pid, markSecond, 50)
			l.end()

			if !strings.Contains(c.log(), "drain called") {
				t.Error("Drain was not called")
			}
			if _, _, err := fetch(client(t, admin), "GET"); err == nil || !strings.Contains(err.Error(), "404") {
				t.Errorf("the admin listener answers %v, want its 404", err)
			}
			c.signal(syscall.SIGTERM)
			c.wantExit(0)
			for _, s := range []string{spec, admin} {
				if file, ok := strings.CutPrefix(s, "unix:"); ok {
					if _, err := os.Lstat(file); !os.IsNotExist(err) {
						t.Errorf("%s after the end: %v, want no such file", s, err)
					}
				}
			}
		})
	}
}

func TestReload_SignalsWithoutPauseHarmNobody(t *testing.T) {
	t.Parallel()
	c := start(t, newProgram(t), nil)
	l := startLoad(t, c.address())
	l.await(c.cmd.Process.Pid, markFirst, 10)
	enough, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-enough:
				return
			default:
				c.cmd.Process.Signal(syscall.SIGHUP)
				runtime.Gosched()
			}
		}
	}()
	for range 3 {
		c.address() // once a reload
	}
	close(enough)
	<-ended
	l.await(c.cmd.Process.Pid, markFirst, 50)
	l.end()
}

// The state is in no file with a name, and not in the environment.
func TestReload_HandsTheStateOver(t *testing.T) {
	t.Parallel()
	c := start(t, newProgram(t), nil)
	c.address()
	for _, want := range []string{`"images":1`, `"images":2`} {
		c.signal(syscall.SIGHUP)
		if line := c.await("restored"); !strings.Contains(line, want) {
			t.Errorf("the next image says %s, want %s", line, want)
		}
		c.address()
		environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", c.cmd.Process.Pid))
		if err != nil || strings.Contains(string(environment), "----") {
			t.Errorf("the state is in the environment (%v)", err)
		}
		files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", c.cmd.Process.Pid))
		if err != nil || len(files) == 0 {
			t.Fatal(err)
		}
		for _, file := range files {
			if to, _ := os.Readlink(file); strings.Contains(to, "memfd") {
				t.Errorf("%s is still open: %s", file, to)
			}
		}
	}
}

func TestReload_BrokenReleaseIsRefusedAndServingGoesOn(t *testing.T) {
	t.Parallel()
	path := newProgram(t)
	admin := "unix:" + filepath.Join(t.TempDir(), "admin")
	c := start(t, path, nil, "--admin", admin)
	address := c.address()
	pid := c.cmd.Process.Pid
	l := startLoad(t, address)
	wantRefusal := func(status int, reason string) {
		t.Helper()
		if got, text := get(t, client(t, admin), "/refusal"); got != status || !strings.Contains(text, reason) {
			t.Errorf("/refusal: %d %q, want %d and %q", got, text, status, reason)
		}
	}
	wantRefusal(404, "")

	installFile(t, path, []byte("this is no program"))
	c.signal(syscall.SIGHUP)
	if line := c.await("reload refused"); !strings.Contains(line, "exec format error") {
		t.Errorf("log line %s lacks the reason", line)
	}
	wantRefusal(200, "exec format error")
	l.await(pid, markFirst, 20)

	install(t, path, markRefuses)
	c.signal(syscall.SIGHUP)
	if line := c.await("reload refused"); !strings.Contains(line, "this release refuses") {
		t.Errorf("log line %s lacks what the check wrote", line)
	}
	wantRefusal(200, "this release refuses")
	l.await(pid, markFirst, 20)

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	c.signal(syscall.SIGHUP)
	c.await("reload refused")
	l.await(pid, markFirst, 20)

	install(t, path, markSecond)
	c.signal(syscall.SIGHUP)
	l.await(pid, markSecond, 20)
	l.end()
	wantRefusal(404, "")
	if n := strings.Count(c.log(), "draining"); n != 1 {
		t.Errorf("%d drains, want one: for the good release", n)
	}
}

func TestReload_FileThatBreaksDuringTheDrainIsNotRunAndTheOldImageBeginsAnew(t *testing.T) {
	for _, test := range []struct {
		name, reason string
		spoil        func(t *testing.T, path string)
	}{
		{"refuses its check", "this release refuses", func(t *testing.T, path string) {
			install(t, path, markRefuses)
		}},
		{"gone", "no such file", func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := newProgram(t)
			c := start(t, path, nil)
			address := c.address()
			pid := c.cmd.Process.Pid
			request := beginSlow(t, address)
			c.signal(syscall.SIGHUP)
			c.await("drain called")
			test.spoil(t, path)
			l := startLoad(t, address) // waits in the backlog
			if rest, err := request.finish(); rest != markFirst || err != nil {
				t.Errorf("the running request got %q, %v; want %q", rest, err, markFirst)
			}
			if line := c.await("beginning anew with the old binary"); !strings.Contains(line, test.reason) {
				t.Errorf("log line %s lacks %q", line, test.reason)
			}
			if got := c.address(); got != address {
				t.Errorf("now at %s, was at %s", got, address)
			}
			l.await(pid, markFirst, 20)

			// It must still know the name under which it was started.
			install(t, path, markSecond)
			c.signal(syscall.SIGHUP)
			l.await(pid, markSecond, 20)
			l.end()
		})
	}
}

func TestReload_ReleaseThatComesDuringTheDrainIsRun(t *testing.T) {
	t.Parallel()
	path := newProgram(t)
	c := start(t, path, nil)
	address := c.address()
	request := beginSlow(t, address)
	c.signal(syscall.SIGHUP)
	c.await("drain called")
	install(t, path, markSecond)
	if _, err := request.finish(); err != nil {
		t.Error(err)
	}
	l := startLoad(t, address)
	l.await(c.cmd.Process.Pid, markSecond, 1)
	l.end()
}

// releases installs one release for each mark, and returns a link and a function that leads
// the link to the release of a mark.
func releases(t *testing.T, marks ...string) (current string, link func(mark string)) {
	t.Helper()
	dir := t.TempDir()
	path := func(mark string) string { return filepath.Join(dir, strings.Trim(mark, "#")) }
	for _, mark := range marks {
		install(t, path(mark), mark)
	}
	current = filepath.Join(dir, "current")
	return current, func(mark string) {
		t.Helper()
		if err := os.Symlink(path(mark), current+".new"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(current+".new", current); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReload_FollowsTheSymbolicLinkAnew(t *testing.T) {
	t.Parallel()
	current, link := releases(t, markFirst, markSecond)
	link(markFirst)
	c := start(t, current, nil)
	l := startLoad(t, c.address())
	l.await(c.cmd.Process.Pid, markFirst, 1)
	link(markSecond)
	c.signal(syscall.SIGHUP)
	l.await(c.cmd.Process.Pid, markSecond, 1)
	l.end()
}

// An old image that begins anew must know the link, and not only the file to which it led.
func TestReload_TheOldImageFollowsTheSymbolicLinkAnew(t *testing.T) {
	t.Parallel()
	current, link := releases(t, markFirst, markRefuses, markSecond)
	link(markFirst)
	c := start(t, current, nil)
	request := beginSlow(t, c.address())
	c.signal(syscall.SIGHUP)
	c.await("drain called")
	link(markRefuses)
	if _, err := request.finish(); err != nil {
		t.Error(err)
	}
	c.await("beginning anew with the old binary")
	l := startLoad(t, c.address())
	link(markSecond)
	c.signal(syscall.SIGHUP)
	l.await(c.cmd.Process.Pid, markSecond, 1)
	l.end()
}

func TestReload_FinishesRunningRequestsWhileATwinTakesTheNewOnes(t *testing.T) {
	t.Parallel()
	path := newProgram(t)
	stdin, address := listening(t)
	one := start(t, path, stdin, "--listen", "fd:0")
	one.address()
	request := beginSlow(t, address)
	two := start(t, path, stdin, "--listen", "fd:0")
	two.address()
	l := startLoad(t, address)

	install(t, path, markSecond)
	one.signal(syscall.SIGHUP)
	one.await("drain called")
	l.await(two.cmd.Process.Pid, markFirst, 50)
	if rest, err := request.finish(); rest != markFirst || err != nil {
		t.Errorf("the running request got %q, %v; want %q", rest, err, markFirst)
	}
	l.await(one.cmd.Process.Pid, markSecond, 1)
	l.end()
}

func TestReload_TermDuringItStops(t *testing.T) {
	t.Parallel()
	spec := "unix:" + filepath.Join(t.TempDir(), "s")
	c := start(t, newProgram(t), nil, "--listen", spec)
	request := beginSlow(t, c.address())
	c.signal(syscall.SIGHUP)
	c.await("drain called")
	c.signal(syscall.SIGTERM)
	c.signal(syscall.SIGHUP) // counts for nothing
	if rest, err := request.finish(); rest != markFirst || err != nil {
		t.Errorf("the running request got %q, %v; want %q", rest, err, markFirst)
	}
	c.wantExit(0)
	if file := strings.TrimPrefix(spec, "unix:"); exists(file) {
		t.Errorf("%s is still there", file)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
