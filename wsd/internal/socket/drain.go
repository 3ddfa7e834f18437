package socket

import (
	"context"
	"errors"
	"net"
	"time"

	"chatter/shared/wire"

	"github.com/coder/websocket"
)

const (
	// How often a drain looks whether it is done.
	drainPoll = 10 * time.Millisecond
	// maxStoring is how many bytes may be on their way to the log. What an append takes
	// beside its text, in all packages, is appendBytes.
	maxStoring  = 32 << 20
	appendBytes = 1 << 10
)

// Drain waits until the messages on their way are stored and acked, closes every socket
// with 1012 and a time to come back, and waits until they have left. It aborts those
// that are left when ctx ends. A message that arrives during the drain is not acked, so
// the client sends it again elsewhere. A client that connects from now on is closed in
// the same way; Drain may be called again to wait for those.
func (s *Server) Drain(ctx context.Context) {
	s.draining.Store(true)
	storing, cancel := context.WithTimeout(ctx, storingTime(ctx))
	wait(storing, func() bool { return s.pending.Load() == 0 })
	cancel()
	s.Hub.CloseAll(wire.CloseRestart)
	// In this order: a handshake ends when its socket is open.
	wait(ctx, func() bool { return s.arriving.Load() == 0 && s.open.Load() == 0 })
	s.Hub.AbortAll()
}

// beginAppend counts an append of so many bytes as pending. It reports false in a drain: nothing is
// appended then.
func (s *Server) beginAppend(bytes int) bool {
	s.storing.Add(int64(bytes))
	s.pending.Add(1) // first, so that Drain sees it or it sees that Drain has begun
	if s.draining.Load() {
		s.endAppend(bytes)
		return false
	}
	return true
}

// endAppend is the end of what beginAppend has counted.
func (s *Server) endAppend(bytes int) {
	s.pending.Add(-1)
	s.storing.Add(int64(-bytes))
}

// storingTime is half of the time that ctx leaves, so that enough is left to close the
// sockets when the log does not answer.
func storingTime(ctx context.Context) time.Duration {
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

// closeCodes are those with which the server closes sockets.
var closeCodes = []wire.CloseCode{
	wire.CloseFlooding, wire.CloseTooBig, wire.CloseRestart, wire.CloseOverloaded, wire.CloseSignIn, wire.CloseNoRoom, wire.CloseTooSlow,
}

// countEnd counts how a socket ended, and the code with which its member was closed, if it
// was. That a guest has left is no news.
func (s *Server) countEnd(err error, code wire.CloseCode) {
	if errors.Is(err, websocket.ErrMessageTooBig) { // the library closes
		code = wire.CloseTooBig
	}
	if closes := s.counts.Closes[code]; closes != nil {
		closes.Add(1)
	}
	var closeErr websocket.CloseError
	switch {
	case errors.Is(err, errNoMemory):
		s.counts.NoMemory.Add(1)
	case errors.Is(err, errFlooding):
		s.counts.Flooding.Add(1)
	case errors.Is(err, websocket.ErrMessageTooBig):
		s.counts.TooBig.Add(1)
	case errors.As(err, &closeErr) || errors.Is(err, net.ErrClosed):
	default:
		s.counts.Unclean.Add(1)
	}
	s.Logger.Debug("socket ended", "error", withoutAddress(err))
}

// withoutAddress is the text of err without network addresses.
func withoutAddress(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}

// logUnavailable logs at most once a second that messages cannot be stored.
func (s *Server) logUnavailable(err error) {
	now := time.Now().Unix()
	if last := s.counts.loggedAt.Load(); last != now && s.counts.loggedAt.CompareAndSwap(last, now) {
		s.Logger.Error("messages cannot be stored", "error", withoutAddress(err))
	}
}
