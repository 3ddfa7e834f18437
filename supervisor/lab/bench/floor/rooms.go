//go:build linux

package floor

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"syscall"

	"chatter/supervisor/lab/bench/quiet"
)

// Rooms serves WebSockets on one thread. The path of a socket is its room.
type Rooms struct {
	Answer []byte // to each handshake, and the first frames
	Frames []byte // written at once to each socket of a room for each frame from one of them

	loop     *quiet.Loop
	listener int
	members  map[string][]int // sockets by path
	paths    map[int]string   // by socket; none before the handshake
	begun    map[int][]byte   // by socket: the beginning of a frame, rarely there
	buf      []byte
}

// Serve answers on a listening socket until ctx ends.
func (r *Rooms) Serve(ctx context.Context, listener int) (err error) {
	r.listener, r.members, r.paths = listener, make(map[string][]int), make(map[int]string)
	r.begun, r.buf = make(map[int][]byte), make([]byte, 64<<10)
	if r.loop, err = quiet.NewLoop(r.read); err != nil {
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
	n, err := quiet.Read(fd, r.buf)
	p, path := r.buf[:max(n, 0)], r.paths[fd]
	switch {
	case errors.Is(err, syscall.EAGAIN):
	case n <= 0:
		delete(r.begun, fd)
		delete(r.paths, fd) // its room keeps it: the clients of a room leave together
		_ = syscall.Close(fd)
	case path == "":
		line, _, _ := bytes.Cut(p, []byte("?"))
		path = string(line)
		r.paths[fd], r.members[path] = path, append(r.members[path], fd)
		_, _ = quiet.Write(fd, r.Answer)
	default:
		if begun := r.begun[fd]; len(begun) > 0 {
			p = append(begun, p...)
			delete(r.begun, fd)
		}
		for len(p) >= 8 && frameSize(p) <= len(p) {
			for _, member := range r.members[path] {
				_, _ = quiet.Write(member, r.Frames)
			}
			p = p[frameSize(p):]
		}
		if len(p) > 0 {
			r.begun[fd] = bytes.Clone(p)
		}
	}
}

// frameSize is the size of a client's frame of less than 64 KiB, its header included.
func frameSize(p []byte) int {
	const mask = 4
	if size := int(p[1] & 0x7f); size < 126 {
		return 2 + mask + size
	}
	return 4 + mask + int(binary.BigEndian.Uint16(p[2:]))
}
