package daemon

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
)

// socket is a listening socket and what it is for.
type socket struct {
	role string // "public" or "admin"
	spec string // as Listen takes it
	ln   net.Listener
}

// inherited reports whether whoever started the process opened the socket.
func (s *socket) inherited() bool { return strings.HasPrefix(s.spec, fdPrefix) }

// shown is the socket for the log: its spec, but for TCP the address itself,
// because the port may have been the system's choice.
func (s *socket) shown() string {
	if a, ok := s.ln.Addr().(*net.TCPAddr); ok && !s.inherited() {
		return a.String()
	}
	return s.spec
}

// unlink removes the socket file of a listener that was closed without doing so.
func (s *socket) unlink() {
	if path, ok := strings.CutPrefix(s.spec, unixPrefix); ok {
		os.Remove(path)
	}
}

// dup returns a second descriptor of the socket, closed on exec.
func (s *socket) dup() (int, error) {
	sc, ok := s.ln.(syscall.Conn)
	if !ok {
		return -1, errors.New("not a socket of the system")
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd, dupErr := -1, error(nil)
	if err := raw.Control(func(own uintptr) { fd, dupErr = dupCloseOnExec(int(own)) }); err != nil {
		return -1, err
	}
	return fd, dupErr
}

// dupCloseOnExec holds off forks, so that no child gets the descriptor.
func dupCloseOnExec(fd int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	d, err := syscall.Dup(fd)
	if err != nil {
		return -1, os.NewSyscallError("dup", err)
	}
	syscall.CloseOnExec(d)
	return d, nil
}
