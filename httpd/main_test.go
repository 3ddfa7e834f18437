package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chatter/shared/redistest"

	"github.com/alicebob/miniredis/v2"
)

func secretFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// hangLimit is after how long a test says that something hangs.
const hangLimit = 2 * time.Minute

const goodSecret = "0123456789abcdef0123456789abcdeF\n"

// ask gets a path through a service's Unix socket. It tries again until the
// socket is there.
func ask(t *testing.T, socket, path string) (status int, body string) {
	t.Helper()
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			tick := time.NewTicker(2 * time.Millisecond)
			defer tick.Stop()
			for {
				c, err := d.DialContext(ctx, "unix", socket)
				if err == nil || ctx.Err() != nil {
					return c, err
				}
				<-tick.C
			}
		},
	}
	ctx, cancel := context.WithTimeout(t.Context(), hangLimit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://chatter.test"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(content)
}

// awaitReady asks until the service is ready. The Redis client may try again a moment
// after Redis has come.
func awaitReady(t *testing.T, admin string) {
	t.Helper()
	limit := time.After(hangLimit)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		status, body := ask(t, admin, "/readyz")
		if status == http.StatusOK && strings.Contains(body, "ready") {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("/readyz: still status %d after %v: %s", status, hangLimit, body)
		}
	}
}

func TestRun_ServesUntilItIsTold(t *testing.T) {
	redis, address := miniredis.NewMiniRedis(), redistest.Address(t) // it starts without one

	dir, err := os.MkdirTemp("", "httpd") // short enough for a socket's address
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	public, admin := filepath.Join(dir, "public"), filepath.Join(dir, "admin")
	ctx, stop := context.WithCancel(t.Context())
	log := new(redistest.Output)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the last lines of httpd:\n%s", log.Tail())
		}
	})
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"--listen", "unix:" + public, "--admin", "unix:" + admin, "--allow-root", "--restrict", "off"}, environment(
			"CHATTER_SECRET_FILE="+secretFile(t, goodSecret), "CHATTER_REDIS=redis://"+address+"?max_retries=-1", "CHATTER_LOG_FORMAT=json"), log)
	}()

	want := func(socket, path string, status int, part string) {
		t.Helper()
		got, body := ask(t, socket, path)
		if got != status || !strings.Contains(body, part) {
			t.Errorf("%s: status %d, want %d with %q:\n%s", path, got, status, part, body)
		}
	}
	want(public, "/", 200, "<form")
	want(admin, "/healthz", 200, "ok")
	want(admin, "/readyz", 503, "")
	if err := redis.StartAddr(address); err != nil {
		t.Fatal(err)
	}
	defer redis.Close()
	awaitReady(t, admin)
	for _, name := range []string{"chatter_httpd_requests_total", "chatter_oldest_message_seconds", "chatter_last_rewrite_seconds"} {
		want(admin, "/metrics", 200, "\n"+name)
	}
	want(admin, "/debug/pprof/cmdline", 200, "")
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/debug/pprof/"} {
		want(public, path, 404, "")
	}

	stop()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(hangLimit):
		t.Fatalf("httpd has not stopped in %v", hangLimit)
	}
	if !strings.Contains(log.String(), `"msg":"request"`) {
		t.Errorf("the log is not JSON, or lacks the requests:\n%s", log)
	}
}

func TestRun_CheckLoadsTheSecretAndServesNothing(t *testing.T) {
	check := func(env ...string) error {
		return run(t.Context(), []string{"--check", "--listen", "fd:9999"}, environment(env...), io.Discard)
	}
	if err := check("CHATTER_SECRET_FILE=" + secretFile(t, goodSecret)); err != nil {
		t.Errorf("a good configuration: %v", err)
	}
	for _, env := range [][]string{
		nil,
		{"CHATTER_SECRET_FILE=/nowhere/secret"},
		{"CHATTER_SECRET_FILE=" + secretFile(t, "short")},
		{"CHATTER_SECRET_FILE=" + secretFile(t, strings.Repeat("a", 64))},
		{"CHATTER_SECRET_FILE=" + secretFile(t, goodSecret), "CHATTER_REDIS=nowhere"},
		{"CHATTER_SECRET_FILE=" + secretFile(t, goodSecret), "CHATTER_PHRASE_FILE=/nowhere/phrase"},
		{"CHATTER_SECRET_FILE=" + secretFile(t, goodSecret), "CHATTER_PHRASE_FILE=" + secretFile(t, "short")},
	} {
		if err := check(env...); err == nil {
			t.Errorf("%v passes", env)
		}
	}
}
