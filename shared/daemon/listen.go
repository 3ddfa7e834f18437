package daemon

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// The forms of a spec beside host:port.
const (
	unixPrefix = "unix:"
	fdPrefix   = "fd:"
)

// Listen opens a listening socket:
//
//	host:port   TCP; with port 0 the system chooses, with an empty host every address
//	unix:PATH   a socket file of mode 0660; a file that no process serves any more is
//	            replaced, a file that a process serves is an error
//	fd:N        a listening stream socket that this process was started with;
//	            closing the listener leaves the descriptor itself open
func Listen(spec string) (net.Listener, error) {
	if err := CheckSpec(spec); err != nil {
		return nil, err
	}
	if path, ok := strings.CutPrefix(spec, unixPrefix); ok {
		return listenUnix(path)
	}
	if n, ok := strings.CutPrefix(spec, fdPrefix); ok {
		fd, _ := strconv.Atoi(n) // CheckSpec returned nil
		ln, err := adopt(fd)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", spec, err)
		}
		return ln, nil
	}
	return net.Listen("tcp", spec)
}

// CheckSpec reports what is wrong with a spec without opening anything.
func CheckSpec(spec string) error {
	if path, ok := strings.CutPrefix(spec, unixPrefix); ok {
		return checkUnixPath(path)
	}
	if n, ok := strings.CutPrefix(spec, fdPrefix); ok {
		if fd, err := strconv.Atoi(n); err != nil || fd < 0 || strconv.Itoa(fd) != n {
			return fmt.Errorf("%q: want fd:N, N the number of an open descriptor", spec)
		}
		return nil
	}
	_, port, err := net.SplitHostPort(spec)
	if err != nil {
		return fmt.Errorf("%q: want host:port, unix:PATH or fd:N", spec)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return fmt.Errorf("%q: the port must be a number up to 65535", spec)
	}
	return nil
}

// adopt makes a listener of a descriptor. The listener has a descriptor of its own, so that
// closing it leaves the given one open.
func adopt(fd int) (net.Listener, error) {
	listening, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
	switch {
	case errors.Is(err, syscall.EBADF):
		return nil, errors.New("no such descriptor is open")
	case errors.Is(err, syscall.ENOTSOCK):
		return nil, errors.New("the descriptor is not a socket")
	case err != nil:
		return nil, os.NewSyscallError("getsockopt", err)
	case listening == 0:
		return nil, errors.New("the descriptor is a socket that does not listen")
	}
	f, err := dupFile(fd)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return net.FileListener(f)
}

// dupFile duplicates a descriptor. The lock keeps a child that is started at this moment
// from inheriting the duplicate.
func dupFile(fd int) (*os.File, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	d, err := syscall.Dup(fd)
	if err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	syscall.CloseOnExec(d)
	return os.NewFile(uintptr(d), "socket"), nil
}
