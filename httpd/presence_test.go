package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"chatter/shared/hardentest"
	"chatter/shared/redistest"
	"chatter/shared/wire"
)

// The test binary is also the httpd that a test starts as a process of its own: under this
// variable it runs main instead of the tests.
const mainVariable = "HTTPD_TEST_MAIN"

func TestMain(m *testing.M) {
	hardentest.Inside(run)
	if os.Getenv(mainVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// A reload keeps the names of the running interval in memory. A stop writes them.
func TestPresence_AReloadKeepsItAndAStopWritesIt(t *testing.T) {
	redis := redistest.Start(t)
	c := redis.Client()
	defer c.Close()
	listed := func(list string) []string {
		names, err := c.Universal().ZRange(t.Context(), "chatter:recent:"+list, 0, -1).Result()
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	dir, err := os.MkdirTemp("", "httpd") // short enough for a socket's address
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	public, admin := filepath.Join(dir, "public"), filepath.Join(dir, "admin")
	log := new(redistest.Output)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "--listen", "unix:"+public, "--admin", "unix:"+admin,
		"--redis", redis.URL, "--secret-file", secretFile(t, goodSecret), "--presence-every", "1h", "--allow-root")
	cmd.Env = append(os.Environ(), mainVariable+"=1")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if t.Failed() {
			t.Logf("the last lines of httpd:\n%s", log.Tail())
		}
	}()

	hour := time.Now().Truncate(time.Hour)
	awaitReady(t, admin)
	client := func(socket string) *http.Client {
		jar, _ := cookiejar.New(nil) // without options it does not fail
		return &http.Client{Jar: jar, Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "unix", socket)
			},
		}}
	}
	ann, operator := client(public), client(admin)
	for _, step := range []struct {
		path string
		form url.Values
	}{{"/index/", url.Values{"user": {"Ann"}}}, {"/chat/room/", url.Values{"message": {"hello"}, "nonce": {string(wire.NewNonce())}}}} {
		resp, err := ann.PostForm("http://chatter.test"+step.path, step.form)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v, %v", step.path, resp, err)
		}
		resp.Body.Close()
	}
	cmd.Process.Signal(syscall.SIGHUP)
	limit, tick := time.After(hangLimit), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for answered := true; answered; {
		select {
		case <-tick.C: // the next image has answered no request
			resp, err := operator.Get("http://admin/metrics")
			if err != nil {
				continue // the image before it has closed the connection
			}
			metrics, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			answered = err != nil || strings.Contains(string(metrics), "chatter_httpd_requests_total{")
		case <-limit:
			t.Fatal("there is no next image")
		}
	}
	if users, rooms := listed("users"), listed("rooms"); len(users)+len(rooms) > 0 && time.Now().Before(hour.Add(time.Hour)) {
		t.Errorf("after the reload Redis has %q and %q", users, rooms)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if users, rooms := listed("users"), listed("rooms"); !slices.Equal(users, []string{"Ann"}) || !slices.Equal(rooms, []string{"room"}) {
		t.Errorf("after the stop Redis has %q and %q", users, rooms)
	}
}
