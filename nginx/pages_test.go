package nginx_test

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"chatter/nginx"
)

// wantPage checks that resp is one of the error pages with all its header fields.
func wantPage(t *testing.T, resp *http.Response, name string) {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if string(body) != nginx.Page(name) {
		t.Errorf("status %d: not the page %q but: %.200q", resp.StatusCode, name, body)
	}
	for field, want := range nginx.PageHeader() {
		if got := resp.Header.Get(field); got != want[0] {
			t.Errorf("%s: %q, want %q", field, got, want[0])
		}
	}
	if got := resp.Header.Get("Server"); got != "nginx" {
		t.Errorf("Server: %q tells the version", got)
	}
}

func TestPages_RetryWhileAServiceIsAway(t *testing.T) {
	run := start(t, dir(t), nginx.Site{})
	_, stop := newService(t, "httpd", run.httpd)
	if resp := run.get(t, "/"); resp.StatusCode != 200 {
		t.Fatalf("GET / = %d", resp.StatusCode)
	}
	stop()
	for range 3 {
		resp := run.get(t, "/chat/go/")
		if resp.StatusCode != http.StatusBadGateway {
			t.Errorf("httpd away: %d", resp.StatusCode)
		}
		wantPage(t, resp, nginx.Waiting)
	}
	resp := run.raw(t, "POST /chat/go/ HTTP/1.1", "Host: "+run.addr, "Content-Length: 0")
	if resp.StatusCode != http.StatusBadGateway {
		t.Errorf("a form while httpd is away: %d", resp.StatusCode)
	}
	wantPage(t, resp, nginx.Unsent)
	if resp := run.raw(t, "HEAD / HTTP/1.1", "Host: "+run.addr); resp.StatusCode != http.StatusBadGateway {
		t.Errorf("HEAD while httpd is away: %d", resp.StatusCode)
	}

	// Nobody listens any more, but the socket's file is still there.
	if err := os.WriteFile(run.httpd, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wantPage(t, run.get(t, "/"), nginx.Waiting)
	os.Remove(run.httpd)

	newService(t, "httpd", run.httpd)
	if resp := run.get(t, "/"); resp.StatusCode != 200 {
		t.Errorf("the first request after httpd is back: %d", resp.StatusCode)
	}
}

func TestPages_AServiceThatDiesInMidRequest(t *testing.T) {
	run := start(t, dir(t), nginx.Site{})
	serve(t, run.httpd, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	resp := run.get(t, "/")
	if resp.StatusCode != http.StatusBadGateway {
		t.Errorf("status %d", resp.StatusCode)
	}
	wantPage(t, resp, nginx.Waiting)
}

func TestPages_ErrorsOfAServicePass(t *testing.T) {
	run := start(t, dir(t), nginx.Site{})
	both(t, run)
	resp := run.get(t, "/busy")
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != 503 || string(body) != "a page of httpd's own" {
		t.Errorf("got %d %q", resp.StatusCode, body)
	}
}

func TestPages_CannotBeAskedFor(t *testing.T) {
	run := start(t, dir(t), nginx.Site{})
	both(t, run)
	if resp := run.get(t, "/chatter-errors/waiting.html"); resp.StatusCode != 404 {
		t.Errorf("status %d", resp.StatusCode)
	}
}

// A style or a script that differs from the hash in the site file would silently not apply.
func TestPages_StyleAndScriptAreThoseThatThePolicyNames(t *testing.T) {
	policy := nginx.PageHeader().Get("Content-Security-Policy")
	for _, name := range nginx.Pages() {
		_, rest, _ := strings.Cut(nginx.Page(name), "<style>")
		style, _, ok := strings.Cut(rest, "</style>")
		sum := sha256.Sum256([]byte(style))
		if hash := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"; !ok || !strings.Contains(policy, hash) {
			t.Errorf("%s.html: %s is not in the policy %q", name, hash, policy)
		}
		_, rest, scripted := strings.Cut(nginx.Page(name), "<script>")
		if !scripted {
			continue
		}
		script, _, _ := strings.Cut(rest, "</script>")
		sum = sha256.Sum256([]byte(script))
		if hash := "script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"; !strings.Contains(policy, hash) {
			t.Errorf("%s.html: %s is not in the policy %q", name, hash, policy)
		}
	}
}

func TestPages_OnlyTheWaitingOneRetries(t *testing.T) {
	for _, name := range nginx.Pages() {
		for _, by := range []string{`<noscript><meta http-equiv="refresh"`, "<script>"} {
			if got := strings.Contains(nginx.Page(name), by); got != (name == nginx.Waiting) {
				t.Errorf("%s.html: %s %v", name, by, got)
			}
		}
	}
}
