package socket

import (
	"syscall"
	"time"

	"chatter/shared/nonblock"
)

// output is a conn as package live writes to it. Its Write blocks until the socket has taken
// all. conn.Write, which the library calls, hands frames to the member and does not block.
type output struct {
	*conn
	stall time.Duration // a peer that takes nothing for so long is given up
}

// TryWrite implements live.Conn with one system call.
func (c *conn) TryWrite(p []byte) (int, error) {
	c.pending, c.wrote, c.writeErr = p, 0, nil
	err := c.raw.Write(c.try)
	c.pending = nil
	if err == nil {
		err = c.writeErr
	}
	return c.wrote, err
}

// writeOnce always reports true: it does not wait for the socket.
func (c *conn) writeOnce(fd uintptr) bool {
	n, err := nonblock.Write(fd, c.pending)
	if err != syscall.EAGAIN {
		c.wrote, c.writeErr = n, err
	}
	return true
}

// Write implements live.Conn.
func (o output) Write(p []byte) error {
	for len(p) > 0 {
		if err := o.Conn.SetWriteDeadline(time.Now().Add(o.stall)); err != nil {
			return err
		}
		n, err := o.Conn.Write(p)
		p = p[n:]
		if err != nil && n == 0 {
			return err // nothing moved for the whole time
		}
	}
	// A deadline that has passed would fail every later write, TryWrite's too.
	return o.Conn.SetWriteDeadline(time.Time{})
}

// Abort implements live.Conn.
func (o output) Abort() {
	_ = o.Conn.Close()
	o.wakeReader() // it finds the end
}
