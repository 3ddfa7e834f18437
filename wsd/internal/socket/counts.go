package socket

import (
	"errors"
	"net"
	"sync/atomic"
	"time"

	"chatter/shared/wire"

	"github.com/coder/websocket"
)

// Counts are totals since the start.
type Counts struct {
	Accepted, Rejected atomic.Int64                     // handshakes
	Stored, Refused    atomic.Int64                     // messages
	Unavailable        atomic.Int64                     // messages that could not be stored
	Unclean, TooBig    atomic.Int64                     // sockets that ended without a close frame, or by a frame above the limit
	Flooding           atomic.Int64                     // sockets that sent too many frames or bytes
	NoMemory           atomic.Int64                     // sockets closed because too many long frames were being read
	Closes             map[wire.CloseCode]*atomic.Int64 // sockets by the code that they were closed with
	loggedAt           atomic.Int64                     // when logUnavailable logged last, Unix seconds
}

// Counts are the server's totals.
func (s *Server) Counts() *Counts { return &s.counts }

// Storing and Reading are how many bytes are on their way to the log, 1 KiB for each message
// included, and how many the buffers of long frames hold that are being read.
func (s *Server) Storing() int64 { return s.storing.Load() }
func (s *Server) Reading() int64 { return s.reading.Load() }

// Open is how many sockets are open.
func (s *Server) Open() int { return int(s.open.Load()) }

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
