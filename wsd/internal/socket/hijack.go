package socket

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"time"
)

// The library reads frame headers, at most 14 bytes, through the first, mostly from what is
// ahead, and writes control frames, at most 127 bytes, through the second. net/http would give
// each socket 4 KiB of both.
const (
	readBuffer  = 16
	writeBuffer = 136
)

// hijacker gives the library the wrapped connection and small buffers. The answer to the
// handshake is kept, to leave in one write with the first frames: that halves the system
// calls of a handshake, for both sides.
//
// Library and version: coder/websocket v1.8.15. Assumption: Accept puts the answer into
// the header, calls WriteHeader and then Hijack, and uses the buffers that Hijack returns.
// TestHandshake_DoesNotWaitForTheRoom and the tests of every handshake fail when that
// changes.
type hijacker struct {
	http.ResponseWriter
	conn   *conn
	answer []byte
}

// WriteHeader implements http.ResponseWriter.
func (h *hijacker) WriteHeader(status int) {
	if status != http.StatusSwitchingProtocols {
		h.ResponseWriter.WriteHeader(status)
	}
}

// keepAnswer makes the answer of what the library has put into the header (RFC 6455
// section 4.2.2).
func (h *hijacker) keepAnswer() {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 101 Switching Protocols\r\n")
	_ = h.Header().Write(&b)
	b.WriteString("\r\n")
	h.answer = b.Bytes()
}

// Hijack implements http.Hijacker.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, brw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	wrapped, err := newConn(c)
	if err != nil {
		_ = c.Close()
		return nil, nil, err
	}
	h.conn = wrapped
	h.keepAnswer()
	early, err := brw.Reader.Peek(brw.Reader.Buffered())
	if err != nil {
		_ = c.Close()
		return nil, nil, err
	}
	_ = c.SetDeadline(time.Time{}) // the one for the request
	wrapped.ahead = bytes.Clone(early)
	wrapped.library = bufio.NewReaderSize(wrapped, readBuffer)
	return wrapped, bufio.NewReadWriter(wrapped.library, bufio.NewWriterSize(wrapped, writeBuffer)), nil
}
