// Package swarm is many WebSocket clients on one thread: bare sockets and epoll(7), so
// that ten thousand of them cost the machine little beside the server that they load.
// It knows frames, and how to open a socket; not what is said in them.
//
// For guests with the rules of a browser see package guest.
package swarm

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"chatter/shared/nonblock"
	"chatter/supervisor/bench/quiet"
)

// Swarm is a number of clients. It belongs to one goroutine, which also runs its hooks.
type Swarm struct {
	// Frame gets each frame that is a text. payload is valid until it returns.
	Frame func(c *Client, payload []byte)
	// Closed is told when the server has ended a client, with the close code, or 0
	// where the connection just ended. Nil for nobody.
	Closed func(c *Client, code int)
	// Tick is called at the pace of Every, as often as it has come due.
	Tick func()
	// Pings is how many pings have been answered.
	Pings int

	epoll   int
	timer   int
	clients []*Client // by descriptor
	events  []syscall.EpollEvent
	buf     []byte
}

// Client is one socket.
type Client struct {
	Room int // where it was put
	Seen int // for the hooks: how many messages it has got

	fd   int32
	rest []byte // the beginning of a frame
}

// readBytes is how much one read takes: what a server can have written in one go, so
// that a batch is one system call here too.
const readBytes = 256 << 10

// New returns a swarm without clients. Close ends it.
func New() (*Swarm, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make swarm: %w", err)
	}
	return &Swarm{
		epoll: epoll, timer: -1,
		events: make([]syscall.EpollEvent, 512),
		buf:    make([]byte, readBytes),
	}, nil
}

// Close closes every socket, without a close frame.
func (s *Swarm) Close() {
	for _, c := range s.clients {
		if c != nil {
			s.Drop(c)
		}
	}
	if s.timer >= 0 {
		_ = syscall.Close(s.timer)
	}
	_ = syscall.Close(s.epoll)
}

// Add takes a socket in and handles what came behind its handshake.
func (s *Swarm) Add(o Opened, room int) (*Client, error) {
	c := &Client{Room: room, fd: int32(o.fd)}
	if o.fd >= len(s.clients) {
		s.clients = append(s.clients, make([]*Client, o.fd+1-len(s.clients))...)
	}
	s.clients[o.fd] = c
	if err := s.control(syscall.EPOLL_CTL_ADD, o.fd); err != nil {
		s.Drop(c)
		return nil, err
	}
	s.take(c, o.rest)
	return c, nil
}

func (s *Swarm) control(op, fd int) error {
	err := syscall.EpollCtl(s.epoll, op, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)})
	if err != nil {
		return fmt.Errorf("watch socket: %w", err)
	}
	return nil
}

// Drop ends a client from this side, without a close frame.
func (s *Swarm) Drop(c *Client) {
	if s.clients[c.fd] == c {
		s.clients[c.fd] = nil
		_ = syscall.Close(int(c.fd))
	}
}

// Pause has the swarm read nothing more from c.
func (s *Swarm) Pause(c *Client) error { return s.control(syscall.EPOLL_CTL_DEL, int(c.fd)) }

// Unread is how many bytes have come for c that the swarm has not read, with Pause.
func (c *Client) Unread() int {
	var n int32
	if _, _, errno := syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(c.fd), syscall.TIOCINQ, uintptr(unsafe.Pointer(&n))); errno != 0 {
		return 0
	}
	return int(n)
}

// ErrStalled says that a socket does not take what is sent.
var ErrStalled = errors.New("socket takes no more")

// Send writes a frame in one system call.
func (s *Swarm) Send(c *Client, frame []byte) error {
	n, err := nonblock.Write(uintptr(c.fd), frame)
	if errors.Is(err, syscall.EAGAIN) || err == nil && n < len(frame) {
		return ErrStalled
	}
	if err != nil {
		return fmt.Errorf("send frame: %w", err)
	}
	return nil
}

// Every has Tick called once in d; a zero d ends that.
func (s *Swarm) Every(d time.Duration) error {
	if s.timer < 0 {
		fd, _, errno := syscall.Syscall(syscall.SYS_TIMERFD_CREATE, 1, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0) // CLOCK_MONOTONIC
		if errno != 0 {
			return fmt.Errorf("make timer: %w", errno)
		}
		s.timer = int(fd)
		if err := s.control(syscall.EPOLL_CTL_ADD, s.timer); err != nil {
			return err
		}
	}
	interval := syscall.NsecToTimespec(d.Nanoseconds())
	setting := [2]syscall.Timespec{interval, interval}
	if _, _, errno := syscall.Syscall6(syscall.SYS_TIMERFD_SETTIME, uintptr(s.timer), 0, uintptr(unsafe.Pointer(&setting)), 0, 0, 0); errno != 0 {
		return fmt.Errorf("set timer: %w", errno)
	}
	return nil
}

// ErrTimeout says that what was waited for has not come.
var ErrTimeout = errors.New("nothing came of it in time")

// heed is how soon Run hears that its context has ended.
const heed = 100 * time.Millisecond

// Run handles what comes until done, which it asks after every few hundred events, until
// timeout, which is ErrTimeout, or until ctx ends.
func (s *Swarm) Run(ctx context.Context, timeout time.Duration, done func() bool) error {
	for deadline := time.Now().Add(timeout); !done(); {
		if err := ctx.Err(); err != nil {
			return err
		}
		left := time.Until(deadline)
		if left <= 0 {
			return ErrTimeout
		}
		n, err := quiet.Wait(s.epoll, s.events, min(left, heed))
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return fmt.Errorf("epoll: %w", err)
		}
		for _, e := range s.events[:n] {
			if int(e.Fd) == s.timer {
				s.expire()
			} else if c := s.clients[e.Fd]; c != nil {
				s.read(c)
			}
		}
	}
	return nil
}

func (s *Swarm) expire() {
	var count [8]byte
	if n, err := nonblock.Read(uintptr(s.timer), count[:]); n != 8 || err != nil {
		return
	}
	for range *(*uint64)(unsafe.Pointer(&count)) {
		s.Tick()
	}
}

func (s *Swarm) read(c *Client) {
	room := s.buf
	if len(c.rest) > 0 {
		room = s.buf[copy(s.buf, c.rest):]
	}
	n, err := nonblock.Read(uintptr(c.fd), room)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR) {
		return
	}
	if n <= 0 {
		s.end(c, 0)
		return
	}
	p := s.buf[:len(s.buf)-len(room)+n]
	c.rest = c.rest[:0]
	s.take(c, p)
}

func (s *Swarm) end(c *Client, code int) {
	s.Drop(c)
	if s.Closed != nil {
		s.Closed(c, code)
	}
}
