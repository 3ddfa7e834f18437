package socket

import (
	"io"
	"os"
	"sync"
	"syscall"

	"chatter/shared/nonblock"
)

// aheadBytes is how much a reader reads at once: a message or two.
const aheadBytes = 1 << 10

var aheads = sync.Pool{New: func() any { return new([aheadBytes]byte) }}

// await reports whether there is something for the WebSocket library to read: bytes, which
// it keeps ahead, or the end of the connection. Otherwise the reader may sleep until it is woken. A
// pong, which is all that an idle guest sends, goes no further.
//
// It saves memory: an idle socket has neither a goroutine nor a buffer. The reader of a socket that
// has brought a message waits itself, until a pong comes in place of the next message: to be woken
// by the poller costs a message about 50 µs.
//
// Library and version: coder/websocket v1.8.15. Assumption: it reads through the
// bufio.Reader that Hijack has returned, and leaves nothing of a message in it that it has
// returned to its end. TestPongs_BetweenEverything and TestHandshake_MayComeTogetherWithFrames
// fail when that changes.
func (c *conn) await() bool {
	for c.readErr == nil && c.library.Buffered() == 0 && len(c.ahead) == 0 {
		if err := c.raw.Read(c.fill); err != nil {
			c.readErr = err
		}
		switch {
		case c.readErr != nil:
			return true
		case len(c.ahead) == 0:
			return false
		case !c.heard(c.ahead):
			return true
		}
		if c.skipPongs(); len(c.ahead) == 0 && !c.watched { // the guest has been silent for a while
			c.watch()
		}
	}
	return true
}

// watch has the poller wake the reader from now on. It reports whether the poller can.
func (c *conn) watch() bool {
	c.watched = c.poller.watch(c) == nil
	return c.watched
}

// readAhead reads what is there. If nothing is, it reports true if the poller wakes the reader
// when something comes, else false: the runtime calls it again then, or ends the waiting at the
// deadline.
func (c *conn) readAhead(fd uintptr) bool {
	buffer := aheads.Get().(*[aheadBytes]byte)
	n, err := nonblock.Read(fd, buffer[:])
	if n > 0 {
		c.buffer, c.ahead = buffer, buffer[:n]
		return true
	}
	aheads.Put(buffer)
	switch err {
	case syscall.EAGAIN:
		return c.watched && !c.lingers.Load()
	case nil:
		c.readErr = io.EOF
	default:
		c.readErr = os.NewSyscallError("read", err)
	}
	return true
}

// skipPongs drops whole pong frames (RFC 6455 section 5.5.3) at the beginning of ahead,
// where a frame begins.
func (c *conn) skipPongs() {
	const finPong, masked, maxControl = 0x8a, 0x80, 125
	for len(c.ahead) >= 2 && c.ahead[0] == finPong && c.ahead[1]&masked != 0 {
		length := int(c.ahead[1] &^ masked)
		whole := 2 + 4 + length // header, mask, payload
		if length > maxControl || len(c.ahead) < whole {
			break
		}
		c.ahead = c.ahead[whole:]
	}
	c.freeBuffer()
}

// copyAhead moves as much of ahead to p as p takes.
func (c *conn) copyAhead(p []byte) int {
	n := copy(p, c.ahead)
	c.ahead = c.ahead[n:]
	c.freeBuffer()
	return n
}

// freeBuffer gives the buffer back if nothing is left in it.
func (c *conn) freeBuffer() {
	if len(c.ahead) > 0 {
		return
	}
	c.ahead = nil
	if c.buffer != nil {
		aheads.Put(c.buffer)
		c.buffer = nil
	}
}
