package socket

import (
	"context"
	"time"

	"chatter/shared/wire"
)

// drainPoll is how often a drain looks whether it is done.
const drainPoll = 10 * time.Millisecond

// Drain waits until the messages on their way are stored and acked, for half of the time until
// ctx ends at most. Then it closes every socket with 1012 and a time to come back, and waits
// until they have left. It aborts those that are left when ctx ends. A message that arrives
// during the drain is not acked, so the client sends it again to another process or to the next
// image of this one. A client that connects from now on is closed in the same way; Drain may be
// called again to wait for those.
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
	s.pending.Add(1) // before draining is read, so that Drain sees it or it sees Drain
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
