package https_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chatter/supervisor/run/stack"
	"chatter/supervisor/test/fixture"
)

// ask sends a request byte for byte and returns the status of the answer, 0 for none.
func (m *machine) ask(t *testing.T, loopback, scheme, host string, lines ...string) (status int, header http.Header) {
	t.Helper()
	port := map[string]string{"http": m.httpPort, "https": m.httpsPort}[scheme]
	conn, err := net.Dial("tcp", net.JoinHostPort(loopback, port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(fixture.HangLimit)); err != nil {
		t.Fatal(err)
	}
	if scheme == "https" {
		conn = tls.Client(conn, &tls.Config{RootCAs: m.authority, ServerName: siteName})
	}
	fmt.Fprint(conn, strings.Join(append(lines, "Host: "+host, "User-Agent: theagent", "Connection: close"), "\r\n"), "\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	// nginx may close a connection with a body that it does not want.
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header
}

// wantLogsClean sends requests of all kinds to each server{} and searches all logs.
func (m *machine) wantLogsClean(t *testing.T, s *stack.Stack, site string) {
	const room = "GET /chat/theroom/?q=thequery HTTP/1.1"
	large := "Cookie: theroom=" + strings.Repeat("x", 40<<10)
	if err := os.MkdirAll(filepath.Join(m.acme, ".well-known/acme-challenge"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(m.acme, ".well-known/acme-challenge/thetoken"), []byte("proof"), 0o644); err != nil {
		t.Fatal(err)
	}
	plain := http.StatusSeeOther // to the sign-in form
	if site == "https" {
		plain = http.StatusMovedPermanently
	}
	type request struct {
		scheme, host string
		want         int
		lines        []string
	}
	requests := []request{
		{"http", siteName, plain, []string{room}},
		{"http", siteName, 200, []string{"GET /.well-known/acme-challenge/thetoken HTTP/1.1"}},
		{"http", siteName, 404, []string{"GET /.well-known/acme-challenge/theroom HTTP/1.1"}},
		{"http", siteName, 400, []string{room, large}},
		{"http", "theroom.example", 0, []string{room}},
		{"http", "127.0.0.1", 0, []string{room}},
		{"http", "the room", 400, []string{room}},
		{"http", siteName, 400, []string{"GET /chat/theroom/%zz HTTP/1.1"}},
	}
	if site == "https" {
		requests = append(requests,
			request{"https", siteName, 303, []string{room}},
			request{"https", siteName, 400, []string{room, large}},
			request{"https", siteName, 413, []string{"POST /chat/theroom/ HTTP/1.1", "Content-Length: 99999999"}},
			request{"https", "theroom.example", 0, []string{room}},
			request{"https", siteName, 400, []string{"GET /chat/theroom/%zz HTTP/1.1"}},
		)
	}
	sent := 0
	for _, loopback := range m.loopbacks {
		for _, r := range requests {
			sent++
			status, header := m.ask(t, loopback, r.scheme, r.host, r.lines...)
			if status != r.want {
				t.Errorf("%s://%s %.60q on %s: status %d, want %d", r.scheme, r.host, r.lines, loopback, status, r.want)
			}
			if to := header.Get("Location"); status == 301 && to != "https://"+siteName+"/chat/theroom/?q=thequery" {
				t.Errorf("redirected to %q", to)
			}
		}
	}
	if site == "https" {
		m.wantNoHandshake(t, "theroom.example")
		m.wantNoHandshake(t, "")
	}
	// Each worker writes for itself, when it has sent the answer.
	fixture.Await(t, fmt.Sprintf("%d requests are in the access log", sent), func() bool {
		return strings.Count(m.log("chatter-access.log"), "\n") == sent
	}, func() string { return m.log("chatter-access.log") })
	for _, want := range []string{" GET room ", " GET other 200 ", " 444 ", " 400 "} {
		if log := m.log("chatter-access.log"); !strings.Contains(log, want) {
			t.Errorf("no %q in the access log:\n%s", want, log)
		}
	}
	searchLogs(t, m.logs)
	searchLogs(t, filepath.Join(s.Dir(), "logs"))
}

// wantNoHandshake connects with another name and wants neither a handshake nor a certificate.
func (m *machine) wantNoHandshake(t *testing.T, name string) {
	t.Helper()
	dialer := &net.Dialer{Timeout: fixture.HangLimit}
	conn, err := tls.DialWithDialer(dialer, "tcp", net.JoinHostPort(m.loopbacks[0], m.httpsPort), &tls.Config{ServerName: name, InsecureSkipVerify: true})
	if err == nil {
		conn.Close()
		t.Errorf("%q: the handshake was answered with %v", name, conn.ConnectionState().PeerCertificates)
	} else if !strings.Contains(err.Error(), "unrecognized name") {
		t.Errorf("%q: %v, want the alert unrecognized name", name, err)
	}
}

func searchLogs(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, word := range []string{"127.0.0.1", "::1", "theroom", "thequery", "theagent", "thetoken"} {
			if strings.Contains(string(text), word) {
				t.Errorf("%s holds %q:\n%s", path, word, text)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
