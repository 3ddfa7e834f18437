// Package nonblock reads and writes sockets in non-blocking mode without an announcement
// of the system call to Go's scheduler. See rw_quiet.go.
package nonblock

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
)

// Read is read(2) on a non-blocking socket: syscall.EAGAIN when there is nothing
// now, and 0 and no error at the end.
func Read(fd uintptr, p []byte) (n int, err error) { return again(read, fd, p) }

// Write is write(2) on a non-blocking socket: it may write less than p, and
// returns syscall.EAGAIN when the socket takes nothing now.
func Write(fd uintptr, p []byte) (n int, err error) { return again(write, fd, p) }

func again(call func(uintptr, []byte) (int, syscall.Errno), fd uintptr, p []byte) (int, error) {
	for {
		n, errno := call(fd, p)
		switch errno {
		case 0:
			return n, nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}

// Conn is a stream connection of package net with quiet reads and writes. In all else it
// is the connection inside. It is safe for concurrent use.
type Conn struct {
	net.Conn
	raw syscall.RawConn
}

// Wrap makes c a Conn if it is a TCP or Unix connection, and returns it as it is
// otherwise.
func Wrap(c net.Conn) net.Conn {
	switch c.(type) {
	case *net.TCPConn, *net.UnixConn:
		if raw, err := c.(syscall.Conn).SyscallConn(); err == nil {
			return &Conn{c, raw}
		}
	}
	return c
}

// Listener is a listener whose connections are Conns.
type Listener struct{ net.Listener }

// Accept implements net.Listener.
func (l Listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return Wrap(c), nil
}

// SyscallConn implements syscall.Conn.
func (c *Conn) SyscallConn() (syscall.RawConn, error) { return c.raw, nil }

// Silent reports whether the peer has neither sent anything that is unread nor
// ended the connection. It does not block.
func (c *Conn) Silent() bool {
	silent := false
	err := c.raw.Control(func(fd uintptr) { silent = peek(fd) == syscall.EAGAIN })
	return err == nil && silent
}

// CloseWrite ends the writing side, as the connection inside does.
func (c *Conn) CloseWrite() error { return c.Conn.(interface{ CloseWrite() error }).CloseWrite() }

// Read implements io.Reader.
func (c *Conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	t := transfers.Get().(*transfer)
	defer t.put()
	t.p = p
	if err := c.raw.Read(t.read); err != nil {
		return 0, named("read", err)
	}
	if t.err == nil && t.n == 0 {
		return 0, io.EOF
	}
	return t.n, c.failed("read", t.err)
}

// Write implements io.Writer.
func (c *Conn) Write(p []byte) (int, error) {
	t := transfers.Get().(*transfer)
	defer t.put()
	t.p = p
	if err := c.raw.Write(t.write); err != nil {
		return t.n, named("write", err)
	}
	return t.n, c.failed("write", t.err)
}

// named gives an error of the RawConn the name that it has without one.
func named(op string, err error) error {
	if at, ok := errors.AsType[*net.OpError](err); ok {
		at.Op = op
	}
	return err
}

func (c *Conn) failed(op string, err error) error {
	if err == nil {
		return nil
	}
	local := c.LocalAddr()
	return &net.OpError{Op: op, Net: local.Network(), Source: local, Addr: c.RemoteAddr(), Err: os.NewSyscallError(op, err)}
}

// transfer is one Read or Write under way, reused so that none allocates.
type transfer struct {
	p           []byte
	n           int
	err         error
	read, write func(fd uintptr) (done bool)
}

var transfers = sync.Pool{New: func() any {
	t := new(transfer)
	t.read, t.write = t.readSome, t.writeAll
	return t
}}

func (t *transfer) put() {
	t.p, t.n, t.err = nil, 0, nil
	transfers.Put(t)
}

func (t *transfer) readSome(fd uintptr) bool {
	t.n, t.err = Read(fd, t.p)
	return t.err != syscall.EAGAIN
}

func (t *transfer) writeAll(fd uintptr) bool {
	for len(t.p) > 0 {
		n, err := Write(fd, t.p)
		if err == syscall.EAGAIN {
			return false
		}
		if err != nil {
			t.err = err
			return true
		}
		t.n += n
		t.p = t.p[n:]
	}
	return true
}
