package nginx_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// service is a stand-in for httpd or wsd that tells who it is and keeps what it was
// asked. On the path of a room it takes sockets, with the origin check of the real one.
type service struct {
	name string
	seen chan *http.Request
}

func newService(t *testing.T, name, socket string) (s *service, stop func()) {
	s = &service{name: name, seen: make(chan *http.Request, 1000)}
	return s, serve(t, socket, s)
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.seen <- r
	w.Header().Set("Served-By", s.name)
	switch {
	case r.URL.Path == "/busy":
		w.WriteHeader(http.StatusServiceUnavailable)
		w.Write([]byte("a page of httpd's own"))
	case s.name == "wsd" && strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		for {
			kind, text, err := conn.Read(r.Context())
			if err != nil {
				return
			}
			if conn.Write(r.Context(), kind, text) != nil {
				return
			}
		}
	default:
		w.Write([]byte(s.name))
	}
}

// last returns the newest request. The response to it must have been read.
func (s *service) last(t *testing.T) *http.Request {
	t.Helper()
	var r *http.Request
	for {
		select {
		case r = <-s.seen:
		default:
			if r == nil {
				t.Fatalf("%s was not asked", s.name)
			}
			return r
		}
	}
}

// both starts the two stand-ins.
func both(t *testing.T, run *site) (httpd, wsd *service) {
	httpd, _ = newService(t, "httpd", run.httpd)
	wsd, _ = newService(t, "wsd", run.wsd)
	return httpd, wsd
}
