package upgrade_test

import (
	"bufio"
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"testing"
	"time"

	"chatter/wsd/internal/upgrade"
)

// A client that sends anything gets one well-formed answer or none, and the server goes on. A
// request that reaches the handler is a request for net/http's server, too.
func FuzzServer(f *testing.F) {
	for _, seed := range []string{
		"GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /a HTTP/1.0\n\n",
		"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
		"GET /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET /ws/chat/a/?since=0 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x80",
	} {
		f.Add([]byte(seed))
	}
	strict := new(http.Server)
	handled := make(chan string, 10)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handled <- r.Method + r.RequestURI + r.Host })
	strict.Handler, strict.ErrorLog = handler, log.New(io.Discard, "", 0)
	var listeners [2]net.Listener
	for i := range listeners {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			f.Fatal(err)
		}
		listeners[i] = l
	}
	go (&upgrade.Server{Handler: handler, Errors: log.New(io.Discard, "", 0)}).Serve(listeners[0])
	go strict.Serve(listeners[1])
	f.Fuzz(func(t *testing.T, request []byte) {
		first := exchange(t, listeners[0], request)
		if len(first) > 0 {
			reader := bufio.NewReader(bytes.NewReader(first))
			answer, err := http.ReadResponse(reader, &http.Request{Method: http.MethodHead})
			if err != nil || !answer.Close {
				t.Fatalf("answered %q: %v", first, err)
			}
		}
		select {
		case got := <-handled:
			_ = exchange(t, listeners[1], request)
			select {
			case want := <-handled:
				if got != want {
					t.Errorf("handled %q, net/http handles %q", got, want)
				}
			default:
				t.Errorf("handled %q, net/http refuses it", got)
			}
			for len(handled) > 0 { // further requests on the connection of net/http
				<-handled
			}
		default:
		}
	})
}

func exchange(t *testing.T, l net.Listener, request []byte) []byte {
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(hangLimit))
	if _, err := c.Write(request); err != nil {
		t.Fatal(err)
	}
	_ = c.(*net.TCPConn).CloseWrite()
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}
