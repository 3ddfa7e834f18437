package socket

import (
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"chatter/shared/wire"

	"github.com/coder/websocket"
)

const (
	// Frames of this length are read at once; longer ones in steps of frameSteps times what
	// there is.
	firstRead  = 512
	frameSteps = 4
	// A buffer of more than this counts towards MaxReading.
	smallFrame = 2 << 10
	// How long the rest of a longer frame may take.
	frameTimeout = 30 * time.Second
)

var errNoMemory = errors.New("too many long frames are being read")

// buffers hold a frame while it is handled, so that an idle socket holds none.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// handle reads one frame to its end and acts on it.
func (s *socket) handle(typ websocket.MessageType, r io.Reader) error {
	buf := buffers.Get().(*[]byte)
	frame, err := s.readFrame((*buf)[:0], r)
	if err == nil {
		s.act(typ, frame)
	}
	if s.held > 0 {
		s.server.reading.Add(int64(-s.held))
		s.held = 0
	} else {
		*buf = frame
	}
	buffers.Put(buf)
	return err
}

// act handles a frame.
func (s *socket) act(typ websocket.MessageType, frame []byte) {
	switch {
	case s.member.Closing(): // the client sends again what it said after the close frame
	case typ != websocket.MessageText:
		s.refuse(wire.Refusal{Code: wire.CodeBadFrame, Detail: "want a text frame"})
	default:
		s.say(frame)
	}
}

// readFrame appends what r reads to dst. A long frame must come in time.
func (s *socket) readFrame(dst []byte, r io.Reader) ([]byte, error) {
	dst = slices.Grow(dst, firstRead)
	for {
		if len(dst) == cap(dst) {
			dst = slices.Grow(dst, (frameSteps-1)*len(dst))
			if !s.hold(cap(dst)) {
				s.member.Close(wire.CloseOverloaded, wire.RetryReason(s.server.Spread(1)))
				return dst, errNoMemory
			}
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if errors.Is(err, io.EOF) {
			err = nil
		} else if err == nil {
			continue
		}
		if s.held > 0 {
			s.conn.setReadDeadline(time.Time{})
		}
		return dst, err
	}
}

// hold counts a buffer of so many bytes. It reports false if all sockets hold too much.
func (s *socket) hold(bytes int) bool {
	if bytes <= smallFrame {
		return true
	}
	if s.held == 0 {
		s.conn.setReadDeadline(time.Now().Add(s.server.FrameTimeout))
	}
	all := s.server.reading.Add(int64(bytes - s.held))
	s.held = bytes
	return all <= s.server.MaxReading
}
