package socket

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	"chatter/shared/nonblock"
	"chatter/wsd/internal/live"
)

const (
	// The library reads frame headers, at most 14 bytes, through the one, mostly
	// from what is ahead, and writes control frames, at most 131 bytes, through
	// the other. net/http would give each socket 4 KiB of both.
	readBuffer  = 16
	writeBuffer = 136

	// How long a closing socket waits for the peer's close frame: a round trip
	// on a bad network. A drain waits as long for peers that do not answer, and
	// everybody else waits for the drain. Who needs longer loses nothing: the
	// close frame is out, and what it said meanwhile was not acked.
	lingerTimeout = time.Second
	// How long that frame may take to get out to a peer that reads slowly.
	settleTimeout = 2 * time.Second
	// What a closing socket still reads, so that the kernel does not answer
	// unread bytes with a reset that overtakes the close frame.
	lingerBytes = 1 << 20
)

var errNotRaw = errors.New("connection has no file descriptor")

// conn stands between the WebSocket library and the network. The library
// reads from it and believes that it writes to it; its control frames go
// through the member, as the room's frames do, so the two never interleave.
type conn struct {
	net.Conn
	raw    syscall.RawConn
	member *live.Member

	lingers atomic.Bool // the read deadline is the last one

	// Of the reader. See await.
	library *bufio.Reader     // what the library reads through
	ahead   []byte            // read, and not by the library yet
	buffer  *[aheadBytes]byte // what ahead lies in; nil for what came with the handshake
	ended   error             // what reading ends with
	fill    func(fd uintptr) bool

	// Of the one TryWrite under way.
	pending []byte
	wrote   int
	failed  error
	try     func(fd uintptr) bool
}

func newConn(c net.Conn) (*conn, error) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return nil, errNotRaw
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, err
	}
	wrapped := &conn{Conn: c, raw: raw}
	wrapped.try, wrapped.fill = wrapped.writeOnce, wrapped.readAhead
	return wrapped, nil
}

// Read notes every sign of life.
func (c *conn) Read(p []byte) (int, error) {
	if len(c.ahead) > 0 {
		return c.take(p), nil
	}
	if c.ended != nil {
		return 0, c.ended
	}
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.member.Heard(time.Now())
	}
	return n, err
}

// Write takes the library's control frames. It does not block.
func (c *conn) Write(p []byte) (int, error) {
	c.member.Control(p)
	return len(p), nil
}

// Close is called by the library, on the reader's goroutine, when the socket
// is done. Its close frame may still wait for whoever is writing to the
// member; then it waits a moment for the peer to be done too.
func (c *conn) Close() error {
	c.Linger()
	c.member.Settle(settleTimeout)
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes)
	}
	return c.Conn.Close()
}

// TryWrite implements live.Conn: one system call, straight from the ready
// frames.
func (c *conn) TryWrite(p []byte) (int, error) {
	c.pending, c.wrote, c.failed = p, 0, nil
	err := c.raw.Write(c.try)
	c.pending = nil
	if err == nil {
		err = c.failed
	}
	return c.wrote, err
}

// writeOnce always reports true: it never waits for the socket.
func (c *conn) writeOnce(fd uintptr) bool {
	n, err := nonblock.Write(fd, c.pending)
	switch err {
	case nil:
		c.wrote = n
	case syscall.EAGAIN:
	default:
		c.failed = err
	}
	return true
}

// blocking is a conn as live.Conn sees it: its Write blocks, while the
// library's does not.
type blocking struct {
	*conn
	stall time.Duration // a peer that takes nothing for so long is given up
}

// Write implements live.Conn.
func (b blocking) Write(p []byte) error {
	for len(p) > 0 {
		if err := b.Conn.SetWriteDeadline(time.Now().Add(b.stall)); err != nil {
			return err
		}
		n, err := b.Conn.Write(p)
		p = p[n:]
		if err != nil && n == 0 {
			return err // nothing moved for the whole time
		}
	}
	// A deadline that has passed would fail every later write, TryWrite's too.
	return b.Conn.SetWriteDeadline(time.Time{})
}

// Linger implements live.Conn. The first call counts. A peer that has owed an
// answer to a ping for longer than this would wait is not waited for again.
func (c *conn) Linger() {
	if c.lingers.Swap(true) {
		return
	}
	now := time.Now()
	until := now.Add(lingerTimeout)
	if c.member.Unanswered(now) > lingerTimeout {
		until = now
	}
	_ = c.Conn.SetReadDeadline(until)
}

// Abort implements live.Conn.
func (b blocking) Abort() { _ = b.Conn.Close() }

// hijacker gives the library the wrapped connection and small buffers. The answer to
// the handshake is kept, to go out in one write with the first frames: half of what
// a handshake's system calls cost, to both sides.
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

// keepAnswer makes the answer of what the library has put into the header (RFC 6455,
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
	_ = c.SetDeadline(time.Time{}) // what net/http had set for the request
	wrapped.ahead = bytes.Clone(early)
	wrapped.library = bufio.NewReaderSize(wrapped, readBuffer)
	return wrapped, bufio.NewReadWriter(wrapped.library, bufio.NewWriterSize(wrapped, writeBuffer)), nil
}
