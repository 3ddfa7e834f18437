package nginx_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// dial opens a WebSocket as a page of this site would. It is closed with the test.
func (run *site) dial(t *testing.T, path string) *websocket.Conn {
	t.Helper()
	conn, resp, err := run.tryDial(t, path)
	if err != nil {
		t.Fatalf("dial %s: %v (%v)", path, err, resp)
	}
	return conn
}

func (run *site) tryDial(t *testing.T, path string) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	conn, resp, err := websocket.Dial(t.Context(), "ws://"+run.addr+path, &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {"http://" + run.addr}},
	})
	if err == nil {
		t.Cleanup(func() { conn.CloseNow() })
	}
	return conn, resp, err
}

// raw sends a request byte for byte and returns the response, which has been read
// to its end.
func (run *site) raw(t *testing.T, lines ...string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", run.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(hangLimit))
	if _, err := fmt.Fprint(conn, strings.Join(lines, "\r\n"), "\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(lines[0], " ")
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%.100s: %v", lines[0], err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%.100s: %v", lines[0], err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp
}

// half opens a connection, sends this and no more. It is closed with the test.
func (run *site) half(t *testing.T, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", run.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn
}

func (run *site) get(t *testing.T, path string) *http.Response {
	t.Helper()
	return run.raw(t, "GET "+path+" HTTP/1.1", "Host: "+run.addr)
}
