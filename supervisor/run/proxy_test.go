package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chatter/nginx"
	"chatter/supervisor/test/fixture"

	"github.com/google/go-cmp/cmp"
)

// front is the proxy before two services that keep their requests.
type front struct {
	dir  string
	addr string
	seen chan *http.Request
}

func startFront(t *testing.T) *front {
	t.Helper()
	dir := fixture.Dir(t)
	srv := httptest.NewServer(newProxy(filepath.Join(dir, "httpd"), filepath.Join(dir, "wsd")))
	t.Cleanup(srv.Close)
	return &front{dir: dir, addr: srv.Listener.Addr().String(), seen: make(chan *http.Request, 10)}
}

func (f *front) serve(t *testing.T, name string) {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(f.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.seen <- r
		w.Header().Set("Served-By", name)
	})}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
}

// ask sends a request line byte for byte.
func (f *front) ask(t *testing.T, line string, headers ...string) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial("tcp", f.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(fixture.HangLimit))
	fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: chat.example:8080\r\n%s\r\n", line, strings.Join(append(headers, ""), "\r\n"))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestProxy_RoutesAsNginx(t *testing.T) {
	f := startFront(t)
	f.serve(t, "httpd")
	f.serve(t, "wsd")
	for uri, want := range map[string]string{
		"/": "httpd", "/index/": "httpd", "/chat/ws/": "httpd", "/wsx": "httpd", "/healthz": "httpd",
		"/ws": "wsd", "/ws/index/": "wsd", "/ws/chat/a/?since=0": "wsd",
		"/chat/a%2Fb/": "httpd", "/chat/what%3F/": "httpd", "/ws/chat/a%2Fb%3F%20c/": "wsd",
		"/chat/%D8%BA%D8%B1%D9%81%D8%A9/": "httpd", "/ws/chat/%F0%9F%8E%AD/": "wsd", "/chat/100%25/?x=%26;y": "httpd",
	} {
		resp, _ := f.ask(t, "GET "+uri)
		if got := resp.Header.Get("Served-By"); got != want {
			t.Errorf("GET %s: served by %q, want %q", uri, got, want)
			continue
		}
		if got := (<-f.seen).RequestURI; got != uri {
			t.Errorf("GET %s arrived as %s", uri, got)
		}
	}
}

func TestProxy_SetsWhatTheClientClaims(t *testing.T) {
	f := startFront(t)
	f.serve(t, "httpd")
	f.serve(t, "wsd")
	for _, path := range []string{"/", "/ws/index/"} {
		f.ask(t, "GET "+path, "X-Real-IP: 203.0.113.7", "X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https",
			"X-Forwarded-Host: evil.example", "Forwarded: for=203.0.113.7")
		r := <-f.seen
		got := []string{r.Host}
		for _, name := range []string{"X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"} {
			got = append(got, strings.Join(r.Header.Values(name), "|"))
		}
		if diff := cmp.Diff([]string{"chat.example:8080", "127.0.0.1", "127.0.0.1", "http", "", ""}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func TestProxy_UpgradesOnlyBelowWS(t *testing.T) {
	f := startFront(t)
	f.serve(t, "httpd")
	f.serve(t, "wsd")
	for path, want := range map[string]string{"/chat/a/": "", "/ws": "", "/ws/index/": "websocket"} {
		f.ask(t, "GET "+path, "Connection: Upgrade", "Upgrade: websocket")
		if got := (<-f.seen).Header.Get("Upgrade"); got != want {
			t.Errorf("%s: Upgrade %q, want %q", path, got, want)
		}
	}
}

func TestProxy_WaitsForAServiceThatIsAway(t *testing.T) {
	f := startFront(t)
	for line, page := range map[string]string{"GET /": nginx.Waiting, "GET /ws/index/": nginx.Waiting, "POST /chat/a/": nginx.Unsent} {
		resp, body := f.ask(t, line, "Content-Length: 0")
		if resp.StatusCode != http.StatusBadGateway || body != nginx.Page(page, "en") {
			t.Errorf("%s: %d %.100q", line, resp.StatusCode, body)
		}
		if _, body := f.ask(t, line, "Content-Length: 0", "Accept-Language: de-AT,en;q=0.5"); body != nginx.Page(page, "de") {
			t.Errorf("%s, in German: %.100q", line, body)
		}
		if _, body := f.ask(t, line, "Content-Length: 0", "Accept-Language: de", "Cookie: chatter-lang=ar"); body != nginx.Page(page, "ar") {
			t.Errorf("%s, Arabic was chosen: %.100q", line, body)
		}
		if got := resp.Header.Get("Content-Security-Policy"); got == "" {
			t.Errorf("%s: no policy", line)
		}
	}
	f.serve(t, "httpd")
	if resp, _ := f.ask(t, "GET /"); resp.StatusCode != 200 {
		t.Errorf("back: %d", resp.StatusCode)
	}
}
