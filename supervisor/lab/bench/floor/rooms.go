//go:build linux

package floor

import (
	"bytes"
	"context"
	"errors"
	"math"
	"syscall"

	"chatter/supervisor/lab/bench/swarm"
)

// Rooms serves WebSockets on one thread. The path of a socket is its room.
type Rooms struct {
	Answer []byte // to each handshake, and the first frames
	Frames []byte // written at once to each socket of a room for each frame from one of them

	loop     *swarm.Loop
	listener int
	members  map[string][]int // sockets by path
	sockets  map[int]*socket  // after the handshake
	buf      []byte
}

type socket struct {
	path string
	rest []byte // the beginning of a frame, mostly empty
}

// Serve answers on a listening socket until ctx ends.
func (r *Rooms) Serve(ctx context.Context, listener int) (err error) {
	r.listener, r.members, r.sockets = listener, make(map[string][]int), make(map[int]*socket)
	r.buf = make([]byte, 64<<10)
	if r.loop, err = swarm.NewLoop(r.read); err != nil {
		return err
	}
	defer r.loop.Close()
	if err := errors.Join(syscall.SetNonblock(listener, true), r.loop.Watch(listener)); err != nil {
		return err
	}
	return r.loop.Run(ctx, math.MaxInt64, func() bool { return false })
}

func (r *Rooms) accept() {
	for {
		fd, _, err := syscall.Accept4(r.listener, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
		if err != nil {
			return
		}
		_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
		_ = r.loop.Watch(fd)
	}
}

// read handles a handshake, which must arrive whole, or frames.
func (r *Rooms) read(fd int) {
	if fd == r.listener {
		r.accept()
		return
	}
	n, err := swarm.Read(fd, r.buf)
	p, s := r.buf[:max(n, 0)], r.sockets[fd]
	switch {
	case errors.Is(err, syscall.EAGAIN):
	case n <= 0:
		delete(r.sockets, fd) // its room keeps it: the clients of a room leave together
		_ = syscall.Close(fd)
	case s == nil:
		path, _, _ := bytes.Cut(p, []byte("?"))
		s = &socket{path: string(path)}
		r.sockets[fd], r.members[s.path] = s, append(r.members[s.path], fd)
		_, _ = swarm.Write(fd, r.Answer)
	default:
		if len(s.rest) > 0 {
			p = append(s.rest, p...)
		}
		size, header := swarm.ParseHeader(p)
		for header > 0 && header+size <= len(p) {
			for _, member := range r.members[s.path] {
				_, _ = swarm.Write(member, r.Frames)
			}
			p = p[header+size:]
			size, header = swarm.ParseHeader(p)
		}
		s.rest = bytes.Clone(p)
	}
}
