package stack_test

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

func TestStart_TwiceSaysSo(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Detach = true
	first := start(t, o)
	if _, err := stack.Start(t.Context(), o); !errors.Is(err, stack.ErrRunning) {
		t.Errorf("second start: %v", err)
	}
	again, err := stack.Attach(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if again.URL() != first.URL() {
		t.Errorf("attached to %s, started at %s", again.URL(), first.URL())
	}
	nginx := pid(t, again, "nginx")
	if err := again.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if alive(nginx) {
		t.Error("nginx outlives the stack")
	}
	if _, err := stack.Attach(o.Dir); err == nil {
		t.Error("attached to a stack that has stopped")
	}
	if err := stack.StopIn(t.Context(), o.Dir); err != nil {
		t.Errorf("stop of a stack that has stopped: %v", err)
	}
}

func TestStart_PortInUse(t *testing.T) {
	t.Parallel()
	o := options(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o.Port = l.Addr().(*net.TCPAddr).Port
	if _, err := stack.Start(t.Context(), o); !errors.Is(err, stack.ErrPortInUse) || !strings.Contains(err.Error(), strconv.Itoa(o.Port)) {
		t.Errorf("got %v", err)
	}
}

// supervisord was killed. Its children run on and hold the port, Redis's data and all sockets.
func TestStart_EndsWhatAKilledRunLeft(t *testing.T) {
	t.Parallel()
	o := options(t)
	s := start(t, o)
	orphans := map[string]int{}
	for _, name := range stack.Processes {
		orphans[name] = pid(t, s, name)
	}
	text, err := os.ReadFile(o.Dir + "/supervisord.pid")
	if err != nil {
		t.Fatal(err)
	}
	supervisord, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(supervisord, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	fixture.Await(t, "supervisord is gone", func() bool { return !alive(supervisord) })
	// One that stands in the directory but is no part of the stack.
	bystander := exec.Command("cat")
	bystander.Dir = o.Dir
	if _, err := bystander.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := bystander.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { bystander.Process.Kill(); bystander.Wait() }()

	_, port, _ := net.SplitHostPort(s.Addr())
	o.Port, err = strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	s = start(t, o)
	for name, pid := range orphans {
		if alive(pid) {
			t.Errorf("%s of the killed run is still there", name)
		}
	}
	if !alive(bystander.Process.Pid) {
		t.Error("a stranger was ended")
	}
	if code, _ := get(t, s, ""); code != 200 {
		t.Errorf("GET / = %d", code)
	}
}

func TestStart_RefusesAPathThatDoesNotWork(t *testing.T) {
	for _, dir := range []string{"/tmp/" + strings.Repeat("x", 100), "/tmp/with a space", "/tmp/100%"} {
		if _, err := stack.Start(t.Context(), stack.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("%q: %v", dir, err)
		}
	}
}

func TestStart_SaysWhyAServiceDoesNotStart(t *testing.T) {
	t.Parallel()
	o := options(t)
	bin := t.TempDir()
	for _, name := range []string{"httpd", "wsd"} {
		if err := os.WriteFile(bin+"/"+name, []byte("#!/bin/sh\necho the reason >&2\nexit 1\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	o.Bin = bin
	if _, err := stack.Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "the reason") {
		t.Errorf("got %v", err)
	}
}

// A free port is taken before nginx listens there: the start chooses another one.
func TestStart_TriesAnotherPort(t *testing.T) {
	t.Parallel()
	o := options(t)
	// An nginx that waits for the test before it starts. The stack reads PATH from o.Env.
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		nginx = "/usr/sbin/nginx"
	}
	front := t.TempDir()
	script := "#!/bin/sh\ncd " + front + "\ntouch asked\nwhile [ ! -e taken ]; do sleep 0.1; done\nexec " + nginx + ` "$@"` + "\n"
	if err := os.WriteFile(front+"/nginx", []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	o.Env = []string{"PATH=" + front + ":" + os.Getenv("PATH") + ":/usr/sbin"}
	type result struct {
		s   *stack.Stack
		err error
	}
	started := make(chan result, 1)
	go func() {
		s, err := stack.Start(t.Context(), o)
		started <- result{s, err}
	}()
	fixture.Await(t, "nginx is started", func() bool { _, err := os.Stat(front + "/asked"); return err == nil })
	taken, err := os.ReadFile(o.Dir + "/address")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", strings.TrimSpace(string(taken)))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.WriteFile(front+"/taken", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := <-started
	if r.err != nil {
		t.Fatal(r.err)
	}
	if r.s.Addr() == l.Addr().String() {
		t.Errorf("the stack says that it is at %s, where the test listens", r.s.Addr())
	}
	if code, _ := get(t, r.s, ""); code != 200 {
		t.Errorf("GET / = %d", code)
	}
}
