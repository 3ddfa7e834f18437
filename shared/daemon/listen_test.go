package daemon_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"chatter/shared/daemon"
)

func TestCheckSpec(t *testing.T) {
	for _, test := range []struct {
		spec    string
		problem string // "" = good
	}{
		{"127.0.0.1:8000", ""},
		{":8000", ""},
		{"localhost:0", ""},
		{"[::1]:8000", ""},
		{"unix:/run/chatter/httpd.sock", ""},
		{"unix:relative", ""},
		{"fd:0", ""},
		{"fd:12", ""},
		{"", "want host:port"},
		{"8000", "want host:port"},
		{"::1:8000", "want host:port"},
		{"127.0.0.1:", "port"},
		{"127.0.0.1:http", "port"},
		{"127.0.0.1:65536", "port"},
		{"127.0.0.1:-1", "port"},
		{"127.0.0.1:+80", "port"},
		{"127.0.0.1:080", "port"},
		{"fd:", "fd:N"},
		{"fd:-1", "fd:N"},
		{"fd:+3", "fd:N"},
		{"fd:03", "fd:N"},
		{"fd:stdin", "fd:N"},
		{"unix:", "unix:PATH"},
		{"unix:@abstract", "give a path"},
		{"unix:a\x00b", "zero"},
		{"unix:/" + strings.Repeat("x", 103), "at most"},
		{"unix:/" + strings.Repeat("x", 102), ""},
	} {
		err := daemon.CheckSpec(test.spec)
		switch {
		case test.problem == "" && err != nil:
			t.Errorf("%q: %v", test.spec, err)
		case test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)):
			t.Errorf("%q: error %v, want one with %q", test.spec, err, test.problem)
		}
	}
}

func FuzzCheckSpec(f *testing.F) {
	f.Add("127.0.0.1:8000")
	f.Add("unix:/run/s")
	f.Add("fd:0")
	form := regexp.MustCompile(`(?s)^(fd:(0|[1-9][0-9]*)|unix:[^@\x00][^\x00]*|.*:(0|[1-9][0-9]{0,4}))$`)
	f.Fuzz(func(t *testing.T, spec string) {
		err := daemon.CheckSpec(spec)
		if err == nil && !form.MatchString(spec) {
			t.Errorf("%q is taken", spec)
		}
		if err != nil && err.Error() == "" {
			t.Errorf("%q is refused without a reason", spec)
		}
	})
}

func TestListen_UnixFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	ln := mustListen(t, "unix:"+path)
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != os.ModeSocket|0o660 {
		t.Errorf("mode %v, want a socket of mode 0660", info.Mode())
	}

	if second, err := daemon.Listen("unix:" + path); err == nil || !strings.Contains(err.Error(), "in use") {
		if err == nil {
			second.Close()
		}
		t.Errorf("a second listener: %v, want an error with %q", err, "in use")
	}
	if !exists(path) {
		t.Error("the second listener removed the first one's file")
	}
	ln.Close()
	if exists(path) {
		t.Error("the file is there after the listener was closed")
	}
}

func TestListen_ReplacesTheFileOfAProcessThatIsGone(t *testing.T) {
	path := newProgram(t)
	spec := "unix:" + filepath.Join(t.TempDir(), "s")
	c := start(t, path, nil, "--listen", spec)
	c.address()
	c.signal(syscall.SIGKILL)
	<-c.exited
	if !exists(strings.TrimPrefix(spec, "unix:")) {
		t.Fatal("a killed process left no socket file: nothing is tested")
	}
	mustListen(t, spec)
}

func TestListen_OneOfManyGetsAStaleFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	for range 50 {
		stale, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		stale.(*net.UnixListener).SetUnlinkOnClose(false)
		stale.Close()

		var won atomic.Int32
		var wg sync.WaitGroup
		listeners := make([]net.Listener, 4)
		for i := range listeners {
			wg.Go(func() {
				ln, err := daemon.Listen("unix:" + path)
				if err == nil {
					won.Add(1)
					listeners[i] = ln
				} else if !strings.Contains(err.Error(), "in use") {
					t.Errorf("error %v, want one with %q", err, "in use")
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d listeners got the file, want one", won.Load())
		}
		if c, err := net.Dial("unix", path); err != nil {
			t.Fatalf("the winner cannot be reached: %v", err)
		} else {
			c.Close()
		}
		for _, ln := range listeners {
			if ln != nil {
				ln.Close()
			}
		}
	}
}

func TestListen_LeavesWhatIsNoSocketAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := daemon.Listen("unix:" + path); err == nil || !strings.Contains(err.Error(), "not a socket") {
		t.Errorf("error %v, want one with %q", err, "not a socket")
	}
	if content, _ := os.ReadFile(path); string(content) != "precious" {
		t.Errorf("the file holds %q now", content)
	}
}

func TestListen_Descriptor(t *testing.T) {
	f, address := listening(t)
	spec := fmt.Sprintf("fd:%d", f.Fd())
	for range 2 { // closing the listener leaves the descriptor open
		ln := mustListen(t, spec)
		c, err := net.Dial("unix", strings.TrimPrefix(address, "unix:"))
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		accepted, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		accepted.Close()
		ln.Close()
	}
}

func TestListen_DescriptorThatDoesNotListen(t *testing.T) {
	file, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(pair[0])
	defer syscall.Close(pair[1])
	datagram, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(datagram)

	for _, test := range []struct {
		fd      int
		problem string
	}{
		{int(file.Fd()), "is not a socket"},
		{pair[0], "does not listen"},
		{datagram, "does not listen"},
		{1 << 20, "no such descriptor"},
	} {
		spec := fmt.Sprintf("fd:%d", test.fd)
		_, err := daemon.Listen(spec)
		if err == nil || !strings.Contains(err.Error(), test.problem) || !strings.HasPrefix(err.Error(), spec+": ") {
			t.Errorf("error %v, want %q and then %q", err, spec, test.problem)
		}
	}
}

func TestRun_DescriptorThatDoesNotListenEndsTheProcess(t *testing.T) {
	c := start(t, newProgram(t), nil, "--listen", "fd:0") // stdin is /dev/null
	c.wantExit(1)
	if log := c.log(); !strings.Contains(log, "fd:0: the descriptor is not a socket") {
		t.Errorf("it said %q", log)
	}
}

func mustListen(t *testing.T, spec string) net.Listener {
	t.Helper()
	ln, err := daemon.Listen(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}
