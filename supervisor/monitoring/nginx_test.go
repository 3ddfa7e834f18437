package monitoring_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"chatter/supervisor/run/child"
	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

// start starts the nginx of metrics.conf for a directory of sockets and returns its address.
func start(t *testing.T, dir string) string {
	t.Helper()
	fixture.Need(t, "nginx")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	text := strings.NewReplacer("/run/chatter", dir, "127.0.0.1:9464", address).Replace(read(t, "metrics.conf"))
	file := filepath.Join(dir, "metrics.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	path, err := child.Find("nginx")
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-e", "stderr", "-c", file}
	if os.Getuid() == 0 { // supervisor starts it as the owner of the sockets; these are root's
		args = append(args, "-g", "user root;")
	}
	cmd := exec.Command(path, args...)
	output, err := os.Create(filepath.Join(dir, "metrics.log")) // a pipe would stay open in the worker
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
		if t.Failed() {
			t.Log(read(t, output.Name()))
		}
		output.Close()
	})
	fixture.Await(t, "nginx listens", func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return address
}

func TestMetricsConf_ServesMetricsAndNothingElse(t *testing.T) {
	s := fixture.Start(t, stack.Options{})
	address := start(t, s.Dir())
	for _, c := range []struct {
		method, path string
		status       int
		says         string
	}{
		{"GET", "/wsd-0/metrics", 200, "\nchatter_guests 0\n"},
		{"GET", "/wsd-1/metrics", 200, "\nchatter_guests 0\n"},
		{"GET", "/httpd-1/metrics", 200, "chatter_httpd_redis_errors_total"},
		{"POST", "/wsd-0/metrics", 403, ""},
		{"GET", "/wsd-0/debug/pprof/", 404, ""},
		{"GET", "/httpd-0/moderation/orders", 404, ""},
		{"GET", "/httpd-0/metrics/../moderation/orders", 404, ""},
		{"GET", "/httpd-0/metrics%2f..%2fmoderation/orders", 404, ""},
		{"GET", "/../httpd-0/metrics", 400, ""},
		{"GET", "/httpd-7/metrics", 502, ""},
		{"GET", "/", 404, ""},
	} {
		status, body := request(t, address, c.method, c.path)
		if status != c.status || !strings.Contains(body, c.says) {
			t.Errorf("%s %s: %d, want %d and %q", c.method, c.path, status, c.status, c.says)
		}
	}
}

// request sends a path as it stands.
func request(t *testing.T, address, method, path string) (status int, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "%s %s HTTP/1.0\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", method, path)
	text, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(text), "\r\n\r\n")
	if _, err := fmt.Sscanf(head, "HTTP/1.1 %d", &status); err != nil {
		t.Fatalf("%q: %v", head, err)
	}
	return status, body
}
