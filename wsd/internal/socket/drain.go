package socket

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"chatter/shared/wire"

	"github.com/coder/websocket"
)

// Counts are totals since the start.
type Counts struct {
	Accepted, Rejected           atomic.Int64 // handshakes
	Stored, Refused              atomic.Int64 // messages
	Unavailable, Unclean, TooBig atomic.Int64
	loggedAt                     atomic.Int64
}

// How often a drain looks whether it is done.
const drainPoll = 10 * time.Millisecond

// Drain sees to it that what was said is stored and acked, closes every
// socket with 1012 and a time to come back, and waits until they are gone.
// What is left when ctx ends is cut. What is said meanwhile is dropped: it was
// not acked, so it comes again. Whoever comes from now on is closed in the same
// way; Drain may be called again to wait for them.
func (s *Server) Drain(ctx context.Context) {
	s.draining.Store(true)
	storing, cancel := context.WithTimeout(ctx, drainShare(ctx))
	wait(storing, func() bool { return s.pending.Load() == 0 })
	cancel()
	s.Hub.CloseAll(wire.CloseRestart)
	// In this order: a handshake ends when its socket is open.
	wait(ctx, func() bool { return s.arriving.Load() == 0 && s.open.Load() == 0 })
	s.Hub.Drop()
}

// begin counts an append as pending, and reports false when there shall be none any more.
func (s *Server) begin() bool {
	s.pending.Add(1) // first, so that Drain sees it or it sees that Drain has begun
	if s.draining.Load() {
		s.pending.Add(-1)
		return false
	}
	return true
}

// drainShare is half of the time that ctx leaves: a log that does not answer
// must not eat up what closing the sockets needs.
func drainShare(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Hour
	}
	return time.Until(deadline) / 2
}

func wait(ctx context.Context, done func() bool) {
	tick := time.NewTicker(drainPoll)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// closed notes how a socket ended. That guests come and go is no news.
func (s *Server) closed(err error) {
	var closeErr websocket.CloseError
	switch {
	case errors.Is(err, websocket.ErrMessageTooBig):
		s.counts.TooBig.Add(1)
	case errors.As(err, &closeErr) || errors.Is(err, net.ErrClosed):
	default:
		s.counts.Unclean.Add(1)
	}
	s.Logger.Debug("socket ended", "error", kind(err))
}

// kind is an error without addresses.
func kind(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}

// logUnavailable says once a second at most that messages cannot be stored.
func (s *Server) logUnavailable(err error) {
	now := time.Now().Unix()
	if last := s.counts.loggedAt.Load(); last != now && s.counts.loggedAt.CompareAndSwap(last, now) {
		s.Logger.Error("messages cannot be stored", "error", kind(err))
	}
}
