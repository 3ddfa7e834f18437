package nginx_test

import (
	"net/http"
	"testing"

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
