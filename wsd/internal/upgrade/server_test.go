package upgrade_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"chatter/wsd/internal/upgrade"
)

// hangLimit ends a test that waits for what does not come.
const hangLimit = time.Minute

// lines receives the lines of a log.
type lines chan string

func (l lines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

// serve starts a server whose handler answers each path with its name, hijacks /hijack and
// panics at /panic.
func serve(t testing.TB) (*upgrade.Server, net.Listener, lines) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	logged := make(lines, 100)
	s := &upgrade.Server{Errors: log.New(logged, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hijack":
			c, brw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			early, _ := brw.Reader.Peek(brw.Reader.Buffered())
			_, _ = c.Write(append([]byte("hijacked "), early...))
			c.Close()
		case "/address":
			_, _ = fmt.Fprint(w, r.Context().Value(http.LocalAddrContextKey), " ", strings.HasPrefix(r.RemoteAddr, "127.0.0.1:"))
		case "/panic":
			panic("secret text")
		case "/nothing":
			w.WriteHeader(http.StatusNoContent)
		default:
			_, _ = io.WriteString(w, r.URL.Path+" of "+r.Host)
		}
	})}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		l.Close()
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		_ = s.Close()
	})
	return s, l, logged
}

func dial(t testing.TB, l net.Listener) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(hangLimit))
	return c
}

// ask sends a request, in two pieces if it is cut, and returns everything that comes back.
func ask(t testing.TB, l net.Listener, request string, cut int) string {
	t.Helper()
	c := dial(t, l)
	for _, piece := range []string{request[:cut], request[cut:]} {
		if _, err := io.WriteString(c, piece); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// Each connection gets one answer and its end, and requests that net/http or a proxy may
// understand differently are refused.
func TestServer_AnswersOneRequest(t *testing.T) {
	_, l, _ := serve(t)
	const host = "Host: chat.example\r\n"
	for _, tt := range []struct{ name, request, status, body string }{
		{"a page", "GET /a HTTP/1.1\r\n" + host + "\r\n", "200", "/a of chat.example"},
		{"two requests", "GET /a HTTP/1.1\r\n" + host + "\r\nGET /b HTTP/1.1\r\n" + host + "\r\n", "200", "/a of chat.example"},
		{"HTTP/1.0 without a host", "GET /a HTTP/1.0\r\n\r\n", "200", "/a of "},
		{"nothing to say", "GET /nothing HTTP/1.1\r\n" + host + "\r\n", "204", ""},
		{"only the header", "HEAD /a HTTP/1.1\r\n" + host + "\r\n", "200", ""},
		{"an empty body", "GET /a HTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\n", "200", "/a of chat.example"},
		{"a body", "POST /a HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc", "400", ""},
		{"a chunked body", "POST /a HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400", ""},
		{"two lengths", "POST /a HTTP/1.1\r\n" + host + "Content-Length: 0\r\nContent-Length: 3\r\n\r\n", "400", ""},
		{"a length and chunks", "POST /a HTTP/1.1\r\n" + host + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n", "400", ""},
		{"an unknown encoding", "GET /a HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n", "400", ""},
		{"no host", "GET /a HTTP/1.1\r\n\r\n", "400", ""},
		{"two hosts", "GET /a HTTP/1.1\r\n" + host + host + "\r\n", "400", ""},
		{"a host with a space", "GET /a HTTP/1.1\r\nHost: a b\r\n\r\n", "400", ""},
		{"a host with a slash", "GET /a HTTP/1.1\r\nHost: a/b\r\n\r\n", "400", ""},
		{"an absolute address", "GET http://other.example/a HTTP/1.1\r\n" + host + "\r\n", "400", ""},
		{"a connect", "CONNECT other.example:80 HTTP/1.1\r\n" + host + "\r\n", "400", ""},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505", ""},
		{"a space before the colon", "GET /a HTTP/1.1\r\n" + host + "A : b\r\n\r\n", "400", ""},
		{"a folded first line", "GET /a HTTP/1.1\r\n A: b\r\n" + host + "\r\n", "400", ""},
		{"a control character", "GET /a HTTP/1.1\r\n" + host + "A: \x01\r\n\r\n", "400", ""},
		{"a method with a colon", "G:T /a HTTP/1.1\r\n" + host + "\r\n", "400", ""},
		{"noise", "\x16\x03\x01\x02\x00\x01\r\n\r\n", "400", ""},
		{"a long header", "GET /a HTTP/1.1\r\n" + host + "A: " + strings.Repeat("x", 70<<10) + "\r\n\r\n", "431", ""},
		{"a panic", "GET /panic HTTP/1.1\r\n" + host + "\r\n", "", ""},
		{"half a request", "GET /a HTTP/1.1\r\nHost: a\r\n", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, cut := range []int{0, 1, len(tt.request) / 2} {
				c := dial(t, l)
				for _, piece := range []string{tt.request[:cut], tt.request[cut:]} {
					if _, err := io.WriteString(c, piece); err != nil {
						t.Fatal(err)
					}
				}
				if tt.name == "half a request" {
					_ = c.(*net.TCPConn).CloseWrite()
				}
				text, err := io.ReadAll(c)
				// The kernel resets a connection whose rest comes long after the answer.
				if err != nil && (len(text) == 0 || !errors.Is(err, syscall.ECONNRESET)) {
					t.Fatal(err)
				}
				if tt.status == "" {
					if len(text) > 0 {
						t.Errorf("answered %q", text)
					}
					continue
				}
				method, _, _ := strings.Cut(tt.request, " ")
				reader := bufio.NewReader(bytes.NewReader(text))
				answer, err := http.ReadResponse(reader, &http.Request{Method: method})
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(answer.Body)
				rest, _ := io.ReadAll(reader)
				if err != nil || len(rest) > 0 || !strings.HasPrefix(answer.Status, tt.status) || tt.body != "" && string(body) != tt.body {
					t.Errorf("%s %q, then %q, %v", answer.Status, body, rest, err)
				}
				if answer.Header.Get("Date") == "" || !answer.Close {
					t.Errorf("header %v", answer.Header)
				}
			}
		})
	}
}

func TestServer_HandsOverTheConnectionWithWhatWasRead(t *testing.T) {
	_, l, _ := serve(t)
	if got := ask(t, l, "GET /hijack HTTP/1.1\r\nHost: a\r\n\r\nearly", 0); got != "hijacked early" {
		t.Errorf("got %q", got)
	}
}

// Package limits tells by these addresses which requests come from nginx.
func TestServer_TellsTheAddresses(t *testing.T) {
	_, l, _ := serve(t)
	got := ask(t, l, "GET /address HTTP/1.1\r\nHost: a\r\n\r\n", 0)
	if !strings.HasSuffix(got, "\r\n"+l.Addr().String()+" true") {
		t.Errorf("got %q", got)
	}
}

// The text of a panic may quote a guest.
func TestServer_LogsAPanicWithoutItsText(t *testing.T) {
	_, l, logged := serve(t)
	_ = ask(t, l, "GET /panic HTTP/1.1\r\nHost: a\r\n\r\n", 0)
	if text := <-logged; !strings.Contains(text, "a string in a handler") || strings.Contains(text, "secret") {
		t.Errorf("logged %q", text)
	}
}

// Shutdown waits for a request that has begun, but not long for one that does not come.
func TestServer_ShutdownEndsSilentConnections(t *testing.T) {
	s, l, _ := serve(t)
	silent, slow := dial(t, l), dial(t, l)
	if _, err := io.WriteString(slow, "GET /a HTTP/1.1\r\n"); err != nil {
		t.Fatal(err)
	}
	_ = ask(t, l, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n", 0) // the others are accepted
	l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), hangLimit)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.Shutdown(ctx) }()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for _, c := range []net.Conn{silent, slow} {
		if rest, err := io.ReadAll(c); err != nil || len(rest) > 0 {
			t.Errorf("got %q, %v", rest, err)
		}
	}
}

func TestServer_ShutdownEndsWithItsContext(t *testing.T) {
	s, l, _ := serve(t)
	c := dial(t, l)
	_ = ask(t, l, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n", 0)
	l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	_ = s.Close()
	if rest, _ := io.ReadAll(c); len(rest) > 0 {
		t.Errorf("got %q", rest)
	}
}
