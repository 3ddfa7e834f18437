package daemon

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"chatter/shared/nonblock"
)

// Limits of a client that is slow. Handlers bound the rest.
const (
	// readHeaderTimeout bounds a client that trickles its header. nginx sends it in one
	// piece.
	readHeaderTimeout = 10 * time.Second
	// idleTimeout is longer than nginx keeps its idle connections (60 s), so that nginx
	// closes them and no request meets a connection that is closing.
	idleTimeout = 75 * time.Second
	// maxHeaderBytes is above nginx's limit (four buffers of 8 KiB).
	maxHeaderBytes = 64 << 10
)

// Server serves the connections of a listener, as an http.Server does.
type Server interface {
	// Serve accepts connections until the listener is closed, and returns why it ended.
	Serve(net.Listener) error
	// Shutdown is called after Serve. It waits until requests are answered, at most until the
	// context ends, and returns nil if they are.
	Shutdown(context.Context) error
	// Close closes the connections that are not hijacked.
	Close() error
}

// server is a Server on one socket that can stop accepting while its connections go on.
type server struct {
	http  Server
	ln    heldListener
	ended chan error   // gets one error when no connection is accepted any more
	conns atomic.Int64 // of an http.Server: accepted, neither closed nor hijacked
}

// newServer begins to serve on the socket.
func (p *process) newServer(s *socket, h http.Handler) *server {
	v := &server{ln: heldListener{s.ln}, ended: make(chan error, 1)}
	plain := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          log.New(&serverLog{p.Logger}, "", 0),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				v.conns.Add(1)
			case http.StateClosed, http.StateHijacked:
				v.conns.Add(-1)
			}
		},
	}
	v.http = plain
	if s.role == "public" {
		plain.ReadTimeout, plain.WriteTimeout = p.ReadTimeout, p.WriteTimeout
		if p.NewServer != nil {
			v.http = p.NewServer(h, plain.ErrorLog)
		}
	}
	go func() { v.ended <- v.http.Serve(nonblock.Listener{Listener: v.ln}) }()
	return v
}

// stopAccepting leaves new connections in the socket's backlog. When it returns, the
// Server knows every connection that was accepted.
func (v *server) stopAccepting() {
	v.ln.Close()
	<-v.ended
}

// awaitIdle waits until there are no connections, at most until ctx ends.
func (v *server) awaitIdle(ctx context.Context) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for v.conns.Load() > 0 && ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// heldListener is a listener whose Close ends Accept and leaves the socket open.
type heldListener struct{ listener }

func (l heldListener) Close() error { return l.SetDeadline(time.Unix(1, 0)) }

func (l heldListener) Accept() (net.Conn, error) {
	c, err := l.listener.Accept()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = net.ErrClosed // an http.Server would try again after a timeout
	}
	return c, err
}
