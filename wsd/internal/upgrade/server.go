// Package upgrade serves connections of which each brings one request: the handshake of a
// WebSocket, which the handler takes over (http.Hijacker), or a request that gets a short
// answer and the end of the connection.
//
// It does with less work what wsd needs of net/http: no second request is read, so there are
// no idle connections, no goroutine that watches for the end of a request, and nothing can
// be smuggled behind a request. A connection that has sent nothing holds no buffer. The
// package must not know WebSockets.
package upgrade

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"chatter/shared/nonblock"
)

const (
	// requestTimeout bounds a client that trickles its request, and one that does not take
	// the answer.
	requestTimeout = 10 * time.Second
	// endTimeout is how long a connection without a request may go on when the server ends.
	endTimeout = time.Second
	// A failing accept is tried again after this, doubling.
	minAcceptDelay, maxAcceptDelay = 5 * time.Millisecond, time.Second
)

// Server serves a listener. Its methods are those of an http.Server. The Handler gets
// requests without a body whose context does not end; http.LocalAddrContextKey has the
// listener's address. It may hijack the connection: the
// buffered reader is valid until the handler returns, and there is no buffered writer.
type Server struct {
	Handler http.Handler
	Errors  *log.Logger

	mu    sync.Mutex
	conns map[*conn]struct{} // neither ended nor hijacked
	ended chan struct{}      // closed when there are none; nil if nobody waits
}

// Serve accepts connections until the listener fails or is closed, and returns why.
func (s *Server) Serve(l net.Listener) error {
	delay := time.Duration(0)
	ctx := context.WithValue(context.Background(), http.LocalAddrContextKey, l.Addr())
	for {
		c, err := l.Accept()
		var temporary interface{ Temporary() bool }
		switch {
		case err == nil:
			delay = 0
			if nc, ok := nonblock.Wrap(c).(*nonblock.Conn); ok {
				s.start(ctx, nc)
				continue
			}
			c.Close()
			return errors.New("the listener has connections without descriptors")
		case errors.As(err, &temporary) && temporary.Temporary():
			delay = min(max(2*delay, minAcceptDelay), maxAcceptDelay)
			s.Errors.Printf("http: Accept error: %v; retrying in %v", err, delay)
			time.Sleep(delay)
		default:
			return err
		}
	}
}

func (s *Server) start(ctx context.Context, nc *nonblock.Conn) {
	c := &conn{Conn: nc, server: s}
	s.mu.Lock()
	if s.conns == nil {
		s.conns = make(map[*conn]struct{})
	}
	s.conns[c] = struct{}{}
	_ = c.SetDeadline(time.Now().Add(requestTimeout))
	s.mu.Unlock()
	go c.serve(ctx)
}

// remove takes a connection that has ended or is hijacked from those that are served.
func (s *Server) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if len(s.conns) == 0 && s.ended != nil {
		close(s.ended)
		s.ended = nil
	}
}

// Shutdown waits until all requests are answered. A connection that has not sent one yet has
// a second for it. The caller has ended Serve before.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if len(s.conns) == 0 {
		s.mu.Unlock()
		return nil
	}
	if s.ended == nil {
		s.ended = make(chan struct{})
	}
	ended := s.ended
	for c := range s.conns {
		if !c.answering {
			_ = c.SetReadDeadline(time.Now().Add(endTimeout))
		}
	}
	s.mu.Unlock()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close closes all connections that are not hijacked.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Close()
	}
	return nil
}

// beginAnswer notes that a request is whole.
func (s *Server) beginAnswer(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.answering = true
	_ = c.SetDeadline(time.Time{})
}

func (s *Server) logPanic(value any) {
	if value != http.ErrAbortHandler {
		s.Errors.Printf("http: a %T in a handler\n%s", value, debug.Stack())
	}
}
