package swarm

import (
	"bytes"
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
}

// Opened is a socket whose handshake is done.
type Opened struct {
	fd   int
	rest []byte // what came behind the handshake
}

// Close ends a socket that no swarm has taken in.
func (o Opened) Close() { _ = syscall.Close(o.fd) }

// handshakeTimeout bounds one read or write of a handshake.
const handshakeTimeout = 10 * time.Second

// Open opens one socket to path. It blocks.
func (v Server) Open(path string) (Opened, error) {
	fd, err := v.connect()
	if err != nil {
		return Opened{}, err
	}
	rest, err := v.shake(fd, path)
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
	timeout := syscall.NsecToTimeval(handshakeTimeout.Nanoseconds())
	_ = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &timeout)
	_ = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &timeout)
	if family == syscall.AF_INET {
		_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
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

func (v Server) shake(fd int, path string) (rest []byte, err error) {
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
	for {
		n, err := syscall.Read(fd, buf)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, errors.New("server hung up in the handshake")
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
// again at once until deadline; otherwise the first failure ends it.
func OpenAll(n int, retry bool, deadline time.Time, open func(i int) (Opened, error), opened func(i int, o Opened) error) error {
	todo := make(chan int, n)
	for i := range n {
		todo <- i
	}
	close(todo)
	var (
		mu      sync.Mutex
		failure error
		workers sync.WaitGroup
	)
	failed := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return failure != nil
	}
	for range min(n, atOnce) {
		workers.Go(func() {
			for i := range todo {
				o, err := open(i)
				for err != nil && retry && time.Now().Before(deadline) && !failed() {
					o, err = open(i)
				}
				mu.Lock()
				if err == nil {
					err = opened(i, o)
				}
				if err != nil && failure == nil {
					failure = err
				}
				stop := failure != nil
				mu.Unlock()
				if stop {
					return
				}
			}
		})
	}
	workers.Wait()
	return failure
}

// Await reads frames until enough says that it has what it wants. It blocks.
func (o Opened) Await(timeout time.Duration, enough func(payload []byte) bool) error {
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
		if time.Now().After(deadline) {
			return ErrTimeout
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
		m, err := syscall.Read(o.fd, buf[n:])
		if err != nil || m == 0 {
			return fmt.Errorf("hung up: %w", errors.Join(err, errEnded))
		}
		p = buf[:n+m]
	}
}

var errEnded = errors.New("connection ended")

// Sip reads at most so many bytes in every d until the connection ends, and closes it.
func (o Opened) Sip(bytes int, d time.Duration) {
	defer o.Close()
	_ = syscall.SetNonblock(o.fd, false)
	tick := time.NewTicker(d)
	defer tick.Stop()
	buf := make([]byte, bytes)
	for range tick.C {
		if n, err := syscall.Read(o.fd, buf); n == 0 || err != nil && !errors.Is(err, syscall.EAGAIN) {
			return
		}
	}
}
