package daemon

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"chatter/shared/nonblock"
)

// What a client may take its time for. Handlers bound the rest.
const (
	// readHeaderTimeout bounds a client that trickles its header. nginx sends
	// it in one piece.
	readHeaderTimeout = 10 * time.Second
	// idleTimeout is longer than nginx keeps its idle connections (60 s), so
	// that it is nginx who closes them and no request meets a closing one.
	idleTimeout = 75 * time.Second
	// maxHeaderBytes is above what nginx lets pass (four buffers of 8 KiB).
	maxHeaderBytes = 64 << 10
)

// server is an http.Server on one socket whose accept loop can be stopped while
// its connections go on.
type server struct {
	http   *http.Server
	ln     net.Listener
	failed chan error    // gets at most one error: accepting broke; never closed
	ended  chan struct{} // closed when the accept loop has ended

	closing atomic.Bool

	mu    sync.Mutex
	conns map[net.Conn]struct{} // accepted, neither closed nor hijacked
	empty chan struct{}         // closed when conns becomes empty; nil = nobody waits
}

// newServer begins to serve on the socket.
func newServer(s *socket, h http.Handler, logger *slog.Logger, hook func(*http.Server)) *server {
	v := &server{
		http: &http.Server{
			ReadHeaderTimeout: readHeaderTimeout,
			IdleTimeout:       idleTimeout,
			MaxHeaderBytes:    maxHeaderBytes,
			ErrorLog:          log.New(&serverLog{logger}, "", 0),
		},
		ln:     s.ln,
		failed: make(chan error, 1),
		ended:  make(chan struct{}),
		conns:  make(map[net.Conn]struct{}),
	}
	if hook != nil {
		hook(v.http)
	}
	v.http.Handler = h
	also := v.http.ConnState
	v.http.ConnState = func(c net.Conn, state http.ConnState) {
		v.track(c, state)
		if also != nil {
			also(c, state)
		}
	}
	go v.accept()
	return v
}

func (v *server) accept() {
	defer close(v.ended)
	err := v.http.Serve(nonblock.Listener{Listener: v.ln})
	if !v.closing.Load() && !errors.Is(err, http.ErrServerClosed) {
		v.failed <- err
	}
}

// stopAccepting closes this process's hold of the socket. The socket itself
// stays open as long as anybody else, or a dup of ours, holds it. When it
// returns, every connection that was accepted is known to the http.Server.
func (v *server) stopAccepting() {
	v.closing.Store(true)
	v.ln.Close()
	<-v.ended
}

// settle waits until there are no connections, but not long.
func (v *server) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	v.mu.Lock()
	if len(v.conns) == 0 {
		v.mu.Unlock()
		return
	}
	empty := make(chan struct{})
	v.empty = empty
	v.mu.Unlock()
	select {
	case <-empty:
	case <-ctx.Done():
	}
}

func (v *server) connections() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.conns)
}

func (v *server) track(c net.Conn, state http.ConnState) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch state {
	case http.StateNew:
		v.conns[c] = struct{}{}
	case http.StateClosed, http.StateHijacked:
		delete(v.conns, c)
		if len(v.conns) == 0 && v.empty != nil {
			close(v.empty)
			v.empty = nil
		}
	}
}
