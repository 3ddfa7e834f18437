// Package floor is what a delivery, a socket, a handshake and a page cost when nothing
// but the system calls are left: servers without names, sessions, logs, order or care.
// They are not chats. A benchmark divides by them, so they are as good as one can make
// them: their calls are as quiet as the services' (package nonblock).
package floor

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"

	"chatter/shared/nonblock"
	"chatter/supervisor/bench/quiet"
)

// Rooms serves WebSockets on one thread with epoll(7). A socket's room is its path.
// Whatever text frame comes in from a member has frames written to every socket of the
// room at once, a write each: ready-made bytes that nobody has looked at.
type Rooms struct {
	Frames []byte // what a write carries

	epoll   int
	members map[string][]int32 // sockets by path
	rooms   []string           // by descriptor; "" = its handshake has not come
	buf     []byte
	begun   map[int][]byte // by descriptor: a frame whose end has not come; often none
}

// Serve answers on l until it fails.
func (r *Rooms) Serve(l *net.TCPListener) error {
	r.members = make(map[string][]int32)
	r.buf = make([]byte, 64<<10)
	r.begun = make(map[int][]byte)
	file, err := l.File()
	if err != nil {
		return err
	}
	defer file.Close()
	listener := int(file.Fd())
	if err := syscall.SetNonblock(listener, true); err != nil {
		return err
	}
	if r.epoll, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if err := r.watch(listener); err != nil {
		return err
	}
	events := make([]syscall.EpollEvent, 256)
	for {
		n, err := quiet.Wait(r.epoll, events, quiet.Forever)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return fmt.Errorf("epoll: %w", err)
		}
		for _, e := range events[:n] {
			if int(e.Fd) == listener {
				r.accept(listener)
			} else {
				r.read(int(e.Fd))
			}
		}
	}
}

func (r *Rooms) watch(fd int) error {
	return syscall.EpollCtl(r.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)})
}

func (r *Rooms) accept(listener int) {
	for {
		fd, err := accept(listener)
		if err != nil {
			return
		}
		if fd >= len(r.rooms) {
			r.rooms = append(r.rooms, make([]string, fd+1-len(r.rooms))...)
		}
		r.rooms[fd] = ""
		noDelay(fd) // as net/http has it
		if r.watch(fd) != nil {
			_ = syscall.Close(fd)
		}
	}
}

func (r *Rooms) read(fd int) {
	n, err := nonblock.Read(uintptr(fd), r.buf)
	switch {
	case errors.Is(err, syscall.EAGAIN):
	case n <= 0:
		r.drop(fd)
	case r.rooms[fd] == "":
		r.shake(fd, r.buf[:n])
	case len(r.begun) == 0:
		r.said(fd, r.buf[:n])
	default:
		begun := r.begun[fd]
		delete(r.begun, fd)
		r.said(fd, append(begun, r.buf[:n]...))
	}
}

// shake answers a handshake, which has to come in one piece.
func (r *Rooms) shake(fd int, request []byte) {
	path, rest, ok1 := bytes.Cut(bytes.TrimPrefix(request, []byte("GET ")), []byte(" "))
	_, rest, ok2 := bytes.Cut(rest, []byte("Sec-WebSocket-Key: "))
	key, _, ok3 := bytes.Cut(rest, []byte("\r\n"))
	if !ok1 || !ok2 || !ok3 {
		r.drop(fd)
		return
	}
	name, _, _ := bytes.Cut(path, []byte("?"))
	room := string(name)                                                    // the answer is written over it
	sum := sha1.Sum(append(key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"...)) // RFC 6455 section 1.3
	answer := append(r.buf[:0], "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	answer = base64.StdEncoding.AppendEncode(answer, sum[:])
	answer = append(answer, "\r\n\r\n"...)
	_, _ = nonblock.Write(uintptr(fd), answer)
	r.rooms[fd] = room
	r.members[room] = append(r.members[room], int32(fd))
}

// said writes to the whole room for each text frame in p, and keeps the beginning of a
// frame at its end.
func (r *Rooms) said(fd int, p []byte) {
	for len(p) >= 4 {
		size := int(p[1] & 0x7f)
		header := 2 + 4 // with the mask
		if size == 126 {
			size, header = int(binary.BigEndian.Uint16(p[2:])), 4+4
		}
		if len(p) < header+size {
			break
		}
		if p[0]&0x0f == 1 {
			for _, member := range r.members[r.rooms[fd]] {
				_, _ = nonblock.Write(uintptr(member), r.Frames)
			}
		}
		p = p[header+size:]
	}
	if len(p) > 0 {
		r.begun[fd] = bytes.Clone(p)
	}
}

func (r *Rooms) drop(fd int) {
	members := r.members[r.rooms[fd]]
	if i := slices.Index(members, int32(fd)); i >= 0 {
		r.members[r.rooms[fd]] = slices.Delete(members, i, i+1)
	}
	r.rooms[fd] = ""
	delete(r.begun, fd)
	_ = syscall.Close(fd)
}
