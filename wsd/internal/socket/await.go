package socket

import (
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"chatter/shared/nonblock"
)

// aheadBytes is how much a waiting socket reads at once: a message or two.
const aheadBytes = 1 << 10

var aheads = sync.Pool{New: func() any { return new([aheadBytes]byte) }}

// await blocks until there is something for the WebSocket library to read: bytes,
// which it keeps ahead, or the connection's end. It reports false when there is not,
// after a pong: that is all an idle guest sends, and ends here.
//
// It is for memory. The library would park a goroutine in so deep a frame that its
// stack is 4 KiB. This one parks in a shallow frame, for which the first 2 KiB are
// enough, and holds a buffer only when there is something in it.
func (c *conn) await() bool {
	if c.library.Buffered() > 0 || len(c.ahead) > 0 {
		return true
	}
	if err := c.raw.Read(c.fill); err != nil {
		c.ended = err
	}
	if c.ended != nil {
		return true
	}
	c.member.Heard(time.Now())
	c.skipPongs()
	return len(c.ahead) > 0
}

// readAhead reads what is there, or reports false to be called again when something is.
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
		return false
	case nil:
		c.ended = io.EOF
	default:
		c.ended = os.NewSyscallError("read", err)
	}
	return true
}

// skipPongs drops whole pong frames (RFC 6455, section 5.5.3) at the beginning of what
// is ahead, where a frame begins: the library has read whole messages, and nothing was
// left over.
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
	c.dropEmpty()
}

// take moves what is ahead to p.
func (c *conn) take(p []byte) int {
	n := copy(p, c.ahead)
	c.ahead = c.ahead[n:]
	c.dropEmpty()
	return n
}

func (c *conn) dropEmpty() {
	if len(c.ahead) > 0 {
		return
	}
	c.ahead = nil
	if c.buffer != nil {
		aheads.Put(c.buffer)
		c.buffer = nil
	}
}
