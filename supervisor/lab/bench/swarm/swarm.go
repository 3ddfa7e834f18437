//go:build linux

// Package swarm drives many WebSocket clients on one thread with bare sockets, so that ten
// thousand clients cost the machine little beside the server that they load. It knows
// handshakes and frames, but not the contents of frames. The floors use its loop too, so that
// the figures contain little of Go's own work. Package guest holds a client with the rules of a
// browser.
package swarm

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// Swarm is a set of clients. One goroutine owns it and runs its hooks.
type Swarm struct {
	*Loop
	// Frame gets each text frame. payload is valid until Frame returns.
	Frame func(c *Client, payload []byte)
	// Closed gets each client whose connection ended, and why.
	Closed func(c *Client, why error)

	clients []*Client // by descriptor
	buf     []byte
}

// Client is one socket of a swarm.
type Client struct {
	Room int  // for the hooks
	Seen int  // for the hooks: the number of messages that arrived
	Live bool // for the hooks; false again when the socket ends

	fd   int
	open bool   // the handshake is done
	rest []byte // the beginning of a frame, or of the answer to the handshake
}

// readBytes is the size of one read. It holds a batch that a server writes at once.
const readBytes = 256 << 10

// New returns a swarm without clients. Close frees it.
func New() (s *Swarm, err error) {
	s = &Swarm{buf: make([]byte, readBytes)}
	if s.Loop, err = NewLoop(s.read); err != nil {
		return nil, err
	}
	return s, nil
}

// Close closes every socket, without a close frame.
func (s *Swarm) Close() {
	s.DropAll()
	s.Loop.Close()
}

// DropAll closes the sockets of all clients. They may connect again.
func (s *Swarm) DropAll() {
	for _, c := range s.clients {
		if c != nil {
			s.Drop(c)
		}
	}
}

// Drop closes the socket of a client, which may connect again.
func (s *Swarm) Drop(c *Client) {
	s.clients[c.fd] = nil
	_ = syscall.Close(c.fd)
	c.open, c.Live, c.rest = false, false, c.rest[:0]
}

// Connect connects c to an IPv4 address on this machine and sends a handshake for path.
// header holds more lines of the request.
func (s *Swarm) Connect(c *Client, addr netip.AddrPort, path, header string) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	for fd >= len(s.clients) {
		s.clients = append(s.clients, nil)
	}
	c.fd, s.clients[fd] = fd, c
	_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	err = syscall.Connect(fd, &syscall.SockaddrInet4{Addr: addr.Addr().As4(), Port: int(addr.Port())})
	if err == nil {
		err = errors.Join(syscall.SetNonblock(fd, true), s.Watch(fd))
	}
	if err == nil {
		err = s.Send(c, fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: chat.example.org\r\nOrigin: http://chat.example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n%s\r\n", path, header))
	}
	if err != nil {
		s.Drop(c)
		return fmt.Errorf("connect: %w", err)
	}
	return nil
}

// ErrFull means that the send buffer of a socket is full.
var ErrFull = errors.New("send buffer is full")

// Send writes bytes in one system call.
func (s *Swarm) Send(c *Client, p []byte) error {
	n, err := Write(c.fd, p)
	if errors.Is(err, syscall.EAGAIN) || err == nil && n < len(p) {
		return ErrFull
	}
	return err
}

var errEnded = errors.New("connection ended")

func (s *Swarm) read(fd int) {
	c := s.clients[fd]
	if c == nil {
		return
	}
	kept := copy(s.buf, c.rest)
	n, err := Read(c.fd, s.buf[kept:])
	if errors.Is(err, syscall.EAGAIN) {
		return
	}
	if n <= 0 {
		s.end(c, errors.Join(errEnded, err))
		return
	}
	p := s.buf[:kept+n]
	c.rest = c.rest[:0]
	if !c.open {
		head, frames, whole := bytes.Cut(p, []byte("\r\n\r\n"))
		if !whole {
			c.rest = append(c.rest, p...)
			return
		}
		if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
			s.end(c, fmt.Errorf("handshake answered %.60q", head))
			return
		}
		c.open, p = true, frames
	}
	s.handle(c, p)
}

func (s *Swarm) end(c *Client, why error) {
	s.Drop(c)
	s.Closed(c, why)
}

// handle processes the whole frames in p and keeps the rest.
func (s *Swarm) handle(c *Client, p []byte) {
	for {
		size, header := ParseHeader(p)
		if header == 0 || len(p) < header+size {
			c.rest = append(c.rest, p...)
			return
		}
		payload := p[header : header+size]
		switch p[0] & 0x0f {
		case OpText:
			s.Frame(c, payload)
		case OpPing:
			_ = s.Send(c, AppendFrame(nil, true, OpPong, payload))
		case OpClose:
			s.end(c, fmt.Errorf("closed with %q", payload))
			return
		}
		p = p[header+size:]
	}
}
