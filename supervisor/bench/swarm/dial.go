package swarm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Server is where sockets are opened.
type Server struct {
	Addr   string // IPv4 address and port, or unix:/path
	Cookie string // name=value; "" = none
	// Protocol is the subprotocol that is offered; "" = none.
	Protocol string
	// Afar opens TCP connections as from a small machine on a network: on the loopback
	// interface, sockets whose peer does not read take megabytes before a write fails.
	Afar bool
}

const (
	// handshakeTimeout bounds a handshake.
	handshakeTimeout = 10 * time.Second
	// heedful is how long a blocking call goes on without a look at its context.
	heedful = 500 * time.Millisecond
)

// Open opens one socket to path. It blocks.
func (v Server) Open(ctx context.Context, path string) (Opened, error) {
	fd, err := v.connect()
	if err != nil {
		return Opened{}, err
	}
	rest, err := v.shake(ctx, fd, path)
	if err == nil {
		err = syscall.SetNonblock(fd, true)
	}
	if err != nil {
		_ = syscall.Close(fd)
		return Opened{}, fmt.Errorf("open %s: %w", path, err)
	}
	return Opened{fd, rest}, nil
}

func (v Server) connect() (int, error) {
	family, addr, err := v.address()
	if err != nil {
		return 0, err
	}
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("connect: %w", err)
	}
	timeout := syscall.NsecToTimeval(heedful.Nanoseconds())
	_ = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &timeout)
	_ = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &timeout)
	if family == syscall.AF_INET {
		_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
		if v.Afar {
			_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 1400)
			_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 16<<10)
		}
	}
	for {
		err = syscall.Connect(fd, addr)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = syscall.Close(fd)
		return 0, fmt.Errorf("connect: %w", err)
	}
	return fd, nil
}

func (v Server) address() (family int, addr syscall.Sockaddr, err error) {
	if path, ok := strings.CutPrefix(v.Addr, "unix:"); ok {
		return syscall.AF_UNIX, &syscall.SockaddrUnix{Name: path}, nil
	}
	ap, err := netip.ParseAddrPort(v.Addr)
	if err != nil || !ap.Addr().Is4() {
		return 0, nil, fmt.Errorf("address %q: want IPv4:PORT or unix:/path", v.Addr)
	}
	return syscall.AF_INET, &syscall.SockaddrInet4{Addr: ap.Addr().As4(), Port: int(ap.Port())}, nil
}

func (v Server) shake(ctx context.Context, fd int, path string) (rest []byte, err error) {
	request := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: chat.example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n", path)
	if v.Cookie != "" {
		request = fmt.Appendf(request, "Cookie: %s\r\n", v.Cookie)
	}
	if v.Protocol != "" {
		request = fmt.Appendf(request, "Sec-WebSocket-Protocol: %s\r\n", v.Protocol)
	}
	if _, err := syscall.Write(fd, append(request, "\r\n"...)); err != nil {
		return nil, err
	}
	var answer []byte
	buf := make([]byte, 4096)
	deadline := time.Now().Add(handshakeTimeout)
	for {
		n, err := read(ctx, fd, buf, deadline)
		if err != nil {
			return nil, err
		}
		answer = append(answer, buf[:n]...)
		if head, rest, ok := bytes.Cut(answer, []byte("\r\n\r\n")); ok {
			if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
				status, _, _ := bytes.Cut(head, []byte("\r\n"))
				return nil, fmt.Errorf("handshake answered %q", status)
			}
			return rest, nil
		}
	}
}

// atOnce is how many handshakes OpenAll has under way.
const atOnce = 100

// OpenAll opens n sockets, a hundred at a time, to the path of each, and calls opened,
// one at a time and in any order, for each that stands. With retry, what fails is tried
// again at once until deadline; otherwise the first failure ends it, as the end of ctx
// does.
func OpenAll(ctx context.Context, n int, retry bool, deadline time.Time, open func(i int) (Opened, error), opened func(i int, o Opened) error) error {
	todo := make(chan int, n)
	for i := range n {
		todo <- i
	}
	close(todo)
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range min(n, atOnce) {
		workers.Go(func() {
			for i := range todo {
				o, err := open(i)
				for err != nil && retry && ctx.Err() == nil && time.Now().Before(deadline) {
					o, err = open(i)
				}
				if err == nil {
					mu.Lock()
					err = opened(i, o)
					mu.Unlock()
				}
				if err != nil {
					fail(err)
				}
				if ctx.Err() != nil {
					return
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}
