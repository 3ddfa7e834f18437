package redisconn

import (
	"context"
	"crypto/tls"
	"net"
	"syscall"
	"time"

	"chatter/shared/nonblock"
)

// As go-redis has it for connections that it dials itself.
const keepAlive = 5 * time.Minute

// quiet returns a function that connects to Redis, or nil for TLS, which go-redis
// dials itself.
func quiet(secure *tls.Config, timeout time.Duration) func(ctx context.Context, network, addr string) (net.Conn, error) {
	if secure != nil {
		return nil
	}
	d := net.Dialer{Timeout: timeout, KeepAlive: keepAlive}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := d.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		if wrapped, ok := nonblock.Wrap(c).(*nonblock.Conn); ok {
			return checked{wrapped}, nil
		}
		return c, nil
	}
}

// checked is a connection whose health go-redis checks before each use, with a
// system call that is announced to the scheduler (see package nonblock). A quiet
// one comes before it: mostly that shows the connection healthy already.
type checked struct{ *nonblock.Conn }

// SyscallConn implements syscall.Conn, for go-redis's health check alone.
func (c checked) SyscallConn() (syscall.RawConn, error) {
	raw, err := c.Conn.SyscallConn()
	return check{raw, c.Conn}, err
}

type check struct {
	syscall.RawConn
	conn *nonblock.Conn
}

// Read calls look, unless nothing is to be read.
func (c check) Read(look func(fd uintptr) (done bool)) error {
	if c.conn.Silent() {
		return nil
	}
	return c.RawConn.Read(look)
}
