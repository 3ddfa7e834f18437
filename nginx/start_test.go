package nginx_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"chatter/nginx"
)

// hangLimit is after how long a test says that something hangs.
const hangLimit = 2 * time.Minute

// tool finds a program that the test cannot do without.
func tool(t *testing.T, name string) string {
	t.Helper()
	for _, try := range []string{name, "/usr/sbin/" + name, "/usr/local/sbin/" + name} {
		if path, err := exec.LookPath(try); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// dir makes a directory whose path is short enough for a unix socket in it.
func dir(t *testing.T) string {
	t.Helper()
	d, err := os.MkdirTemp("", "chatter")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(d) })
	return d
}

// site is a running nginx with the site, and where its two services should listen.
type site struct {
	addr       string // of nginx
	prefix     string
	httpd, wsd string // socket paths
}

// start runs nginx until the test ends. What s leaves open is filled in.
func start(t *testing.T, d string, s nginx.Site) *site {
	t.Helper()
	return startEdited(t, d, s, nil)
}

// edit replaces a text in a file, whose path is relative to that of the main file.
type edit struct{ file, old, new string }

// slowly makes a limit of one handshake a second one a minute, so that no more are let in
// however long a test takes.
var slowly = []edit{{"chatter/http-level.conf", "rate=1r/s;", "rate=1r/m;"}}

// startEdited is start with changes to the site's files.
func startEdited(t *testing.T, d string, s nginx.Site, edits []edit) *site {
	t.Helper()
	run := &site{prefix: filepath.Join(d, "nginx"), httpd: filepath.Join(d, "httpd.sock"), wsd: filepath.Join(d, "wsd.sock")}
	s.HTTPD, s.WSD = "unix:"+run.httpd, "unix:"+run.wsd

	// Somebody else may take the free port before nginx has it.
	for range 5 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		run.addr = l.Addr().String()
		l.Close()
		s.Listen = run.addr
		run.write(t, s)
		run.edit(t, edits)
		if run.launch(t) {
			return run
		}
	}
	t.Fatalf("nginx does not start:\n%s", run.tail("nginx.log"))
	return nil
}

func (run *site) write(t *testing.T, s nginx.Site) {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if err := nginx.Write(run.prefix, nginx.Main{User: me.Username, Files: 4096}, s); err != nil {
		t.Fatal(err)
	}
}

func (run *site) edit(t *testing.T, edits []edit) {
	t.Helper()
	for _, e := range edits {
		path := filepath.Join(run.prefix, e.file)
		conf, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(string(conf), e.old) != 1 {
			t.Fatalf("%s has not one %q:\n%s", e.file, e.old, conf)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(conf), e.old, e.new, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (run *site) command(t *testing.T, args ...string) *exec.Cmd {
	return exec.Command(tool(t, "nginx"), append([]string{"-p", run.prefix, "-c", "nginx.conf"}, args...)...)
}

// launch reports whether nginx answers; if not, it has ended.
func (run *site) launch(t *testing.T) bool {
	t.Helper()
	cmd := run.command(t, "-g", "daemon off;")
	endWithParent(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	for {
		if conn, err := net.Dial("tcp", run.addr); err == nil {
			conn.Close()
			break
		}
		select {
		case <-ended:
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(hangLimit):
			t.Errorf("nginx has not stopped in %v", hangLimit)
			cmd.Process.Kill()
			<-ended
		}
		if t.Failed() {
			t.Logf("the last lines of nginx.log:\n%s\nand of chatter-access.log:\n%s", run.tail("nginx.log"), run.tail("chatter-access.log"))
		}
	})
	return true
}

// tail is the last lines of a log, or why there are none.
func (run *site) tail(name string) string {
	text, err := os.ReadFile(filepath.Join(run.prefix, "logs", name))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-30):], "\n")
}

func (run *site) log(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(run.prefix, "logs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// serve has a stand-in service listen on a socket until stop is called or the test ends.
func serve(t *testing.T, path string, h http.Handler) (stop func()) {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: h}
	go srv.Serve(l)
	stop = func() { srv.Close() }
	t.Cleanup(stop)
	return stop
}

// within waits for cond, which something outside this process makes true.
func within(t *testing.T, what string, cond func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hangLimit)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited %v, and still not so: %s", hangLimit, what)
		}
	}
}
