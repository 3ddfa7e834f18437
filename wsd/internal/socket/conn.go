package socket

import (
	"bufio"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"chatter/shared/wire"
	"chatter/wsd/internal/live"
	"chatter/wsd/internal/wake"
)

const (
	// How long a closing socket waits for the peer's close frame: a round trip on a
	// bad network. A drain takes as long when peers do not answer. A peer that needs
	// longer loses nothing: it has the close frame, and what it said after it was
	// not acked.
	lingerTimeout = time.Second
	// How much a closing socket still reads, so that the kernel does not answer unread
	// bytes with a reset that overtakes the close frame.
	lingerBytes = 1 << 20
)

var (
	errNotRaw   = errors.New("connection has no file descriptor")
	errFlooding = errors.New("peer sends too much")
)

// conn stands between the WebSocket library and the network. The library reads from it,
// and writes its control frames to it; they go to the member's writer, as the room's
// frames do, so that the two never interleave. live.Conn is implemented by output.
type conn struct {
	net.Conn
	raw    syscall.RawConn
	hub    *live.Hub
	member *live.Member

	lingers   atomic.Bool // Linger was called: the read deadline stays
	unlimited bool        // the peer may send as much as it likes

	reader  wake.Worker
	socket  *socket // of which the reader reads; set before somebody else knows of the conn
	poller  *poller
	watched bool // the poller wakes the reader; of the reader
	fd      int  // for the poller

	// Of the reader. See await.
	library *bufio.Reader     // what the library reads through
	ahead   []byte            // read from the network, not yet by the library
	buffer  *[aheadBytes]byte // what ahead is a part of; nil for what came with the handshake
	readErr error             // what reading ends with
	meter   meter             // of what was read from the network
	fill    func(fd uintptr) bool

	// Of the one TryWrite under way.
	pending  []byte
	wrote    int
	writeErr error
	try      func(fd uintptr) bool
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

// Read implements net.Conn for the library. It notes that the peer is alive.
func (c *conn) Read(p []byte) (int, error) {
	if len(c.ahead) > 0 {
		return c.copyAhead(p), nil
	}
	if c.readErr != nil {
		return 0, c.readErr
	}
	n, err := c.Conn.Read(p)
	if n > 0 && !c.heard(p[:n]) {
		return 0, c.readErr
	}
	return n, err
}

// heard counts what has been read from the network. If it is too much, heard closes the
// member and reports false: reading ends.
func (c *conn) heard(p []byte) bool {
	now := time.Now()
	c.member.Heard(now)
	if c.unlimited || c.meter.allow(p, now) {
		return true
	}
	c.member.Close(wire.CloseFlooding, "")
	c.readErr, c.ahead = errFlooding, nil
	c.freeBuffer()
	return false
}

// Write implements net.Conn for the library's control frames. It does not block.
func (c *conn) Write(p []byte) (int, error) {
	c.member.Control(p)
	return len(p), nil
}

// Close implements net.Conn for the library, which calls it once, on the reader's
// goroutine. The member leaves: its last frames are written. Then Close waits a moment
// for the peer to close too.
func (c *conn) Close() error {
	c.Linger()
	c.hub.Leave(c.member)
	c.poller.forget(c)
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes)
	}
	return c.Conn.Close()
}

// setReadDeadline gives the peer until then for what it sends; zero is for ever. It leaves the
// deadline of Linger, which is the last one.
func (c *conn) setReadDeadline(until time.Time) {
	if c.lingers.Load() {
		return
	}
	_ = c.Conn.SetReadDeadline(until)
	if c.lingers.Load() { // Linger was called meanwhile
		_ = c.Conn.SetReadDeadline(time.Now().Add(lingerTimeout))
	}
}

// Linger implements live.Conn. The first call counts. A peer that has left a ping
// unanswered for longer than lingerTimeout is not waited for.
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
	c.wakeReader() // it waits until then
}

// wakeReader has the socket read. It does not block.
func (c *conn) wakeReader() {
	if c.socket != nil && c.reader.Wake() {
		go c.socket.read()
	}
}
