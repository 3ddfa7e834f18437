package swarm

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"chatter/shared/nonblock"
)

// Opened is a socket whose handshake is done.
type Opened struct {
	fd   int
	rest []byte // what came behind the handshake
}

// Close ends a socket that no swarm has taken in.
func (o Opened) Close() { _ = syscall.Close(o.fd) }

// Await reads frames until enough says that it has what it wants. It blocks until then,
// until timeout or until ctx ends.
func (o Opened) Await(ctx context.Context, timeout time.Duration, enough func(payload []byte) bool) error {
	var buf []byte
	p := o.rest
	for deadline := time.Now().Add(timeout); ; {
		for {
			size, header := payloadOf(p)
			if header == 0 || len(p) < header+size {
				break
			}
			payload := p[header : header+size]
			if p[0]&0x0f == opClose {
				return fmt.Errorf("closed: %q", payload)
			}
			if enough(payload) {
				return nil
			}
			p = p[header+size:]
		}
		if buf == nil {
			_ = syscall.SetNonblock(o.fd, false)
			defer func() { _ = syscall.SetNonblock(o.fd, true) }()
			buf = make([]byte, 64<<10)
		}
		n := copy(buf, p)
		if n == len(buf) {
			return errors.New("frame is too long")
		}
		m, err := read(ctx, o.fd, buf[n:], deadline)
		if err != nil {
			return err
		}
		p = buf[:n+m]
	}
}

// read reads from a socket that blocks, which it does for no longer than heedful at a
// time.
func read(ctx context.Context, fd int, buf []byte, deadline time.Time) (int, error) {
	for {
		n, err := syscall.Read(fd, buf)
		switch {
		case n > 0:
			return n, nil
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case err == nil || !errors.Is(err, syscall.EINTR) && !errors.Is(err, syscall.EAGAIN):
			return 0, fmt.Errorf("hung up: %w", errors.Join(err, errEnded))
		case time.Now().After(deadline):
			return 0, ErrTimeout
		}
	}
}

var errEnded = errors.New("connection ended")

// Sip reads at most so many bytes in every d until the connection or ctx ends, and closes
// it.
func (o Opened) Sip(ctx context.Context, bytes int, d time.Duration) {
	defer o.Close()
	tick := time.NewTicker(d)
	defer tick.Stop()
	buf := make([]byte, bytes)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		n, err := nonblock.Read(uintptr(o.fd), buf)
		if n == 0 && !errors.Is(err, syscall.EAGAIN) {
			return
		}
	}
}
