package daemon

import (
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// socket is a listening socket and its purpose.
type socket struct {
	role string // "public" or "admin"
	spec string // as Listen takes it
	ln   listener
}

// listener is what a TCP and a Unix listener have in common.
type listener interface {
	net.Listener
	syscall.Conn
	SetDeadline(time.Time) error
}

// inherited reports whether the process was started with the socket open.
func (s *socket) inherited() bool { return strings.HasPrefix(s.spec, fdPrefix) }

// address returns the spec; for TCP the address itself, because the system may have
// chosen the port.
func (s *socket) address() string {
	if a, ok := s.ln.Addr().(*net.TCPAddr); ok && !s.inherited() {
		return a.String()
	}
	return s.spec
}

// dup returns a second descriptor of the socket, which survives an exec.
func (s *socket) dup() (fd int, err error) {
	raw, err := s.ln.SyscallConn()
	if err != nil {
		return -1, err
	}
	var dupErr error
	if err := raw.Control(func(own uintptr) { fd, dupErr = syscall.Dup(int(own)) }); err != nil {
		return -1, err
	}
	return fd, os.NewSyscallError("dup", dupErr)
}
