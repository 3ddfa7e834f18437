package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// socketMode admits the group, which nginx shares with the services.
	socketMode = 0o660
	// maxUnixPath is the shortest of the systems' limits, that of the BSDs.
	maxUnixPath = 103
)

// listener is the common part of a TCP and a Unix listener.
type listener interface {
	net.Listener
	syscall.Conn
	SetDeadline(time.Time) error
}

// Listen opens a listening socket:
//
//	host:port   TCP; with port 0 the system chooses, with an empty host every address
//	unix:PATH   a socket file of mode 0660; a file that no process serves any more is
//	            replaced, a file that a process serves is an error
//	fd:N        a listening stream socket that this process was started with;
//	            closing the listener leaves the descriptor itself open
func Listen(spec string) (net.Listener, error) {
	network, address, err := ParseSpec(spec)
	if err != nil {
		return nil, err
	}
	switch network {
	case "unix":
		return listenUnix(address)
	case "fd":
		fd, _ := strconv.Atoi(address)
		ln, err := adopt(fd)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", spec, err)
		}
		return ln, nil
	}
	return net.Listen(network, address)
}

// ParseSpec divides a spec, as [Listen] takes it, into a network and an address without opening
// anything: "tcp" and host:port, "unix" and a path, or "fd" and a number.
func ParseSpec(spec string) (network, address string, err error) {
	if path, ok := strings.CutPrefix(spec, "unix:"); ok {
		return "unix", path, checkUnixPath(spec, path)
	}
	if n, ok := strings.CutPrefix(spec, "fd:"); ok {
		if fd, err := strconv.Atoi(n); err != nil || fd < 0 || strconv.Itoa(fd) != n {
			return "", "", fmt.Errorf("%q: want fd:N, N the number of an open descriptor", spec)
		}
		return "fd", n, nil
	}
	_, port, err := net.SplitHostPort(spec)
	if err != nil {
		return "", "", fmt.Errorf("%q: want host:port, unix:PATH or fd:N", spec)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return "", "", fmt.Errorf("%q: the port must be a number up to 65535", spec)
	}
	return "tcp", spec, nil
}

// CheckSpec reports why Listen cannot open a spec.
func CheckSpec(spec string) error {
	_, _, err := ParseSpec(spec)
	return err
}

func checkUnixPath(spec, path string) error {
	switch {
	case path == "":
		return errors.New("\"unix:\": want unix:PATH")
	case strings.HasPrefix(path, "@"):
		return fmt.Errorf("%q: a name without a file cannot be protected, give a path", spec)
	case strings.ContainsRune(path, 0):
		return fmt.Errorf("%q: a path has no zero bytes", spec)
	case len(path) > maxUnixPath:
		return fmt.Errorf("%q: a socket's path has at most %d bytes, this one has %d", spec, maxUnixPath, len(path))
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
	own, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	f := os.NewFile(uintptr(own), "socket")
	defer f.Close()
	return net.FileListener(f)
}

// listenUnix opens a socket file. The listener removes the file when it closes.
func listenUnix(path string) (net.Listener, error) {
	unlock, err := lockDir(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := removeStale(path); err != nil {
		return nil, err
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, socketMode); err != nil {
		ln.Close()
		return nil, err
	}
	return ln, nil
}

// lockDir keeps two processes from removing the same stale file at once: the later one
// would remove the socket of the earlier. It locks the directory itself, so that no lock
// file is left.
func lockDir(dir string) (unlock func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX); err != nil {
		d.Close()
		return nil, &fs.PathError{Op: "lock", Path: dir, Err: err}
	}
	return func() { d.Close() }, nil
}

// removeStale removes the socket file of a process that is gone.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s exists and is not a socket", path)
	}
	c, err := net.Dial("unix", path) // which does not wait
	if err == nil {
		c.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		// A full backlog and a forbidden file belong to a process, too.
		return fmt.Errorf("%s is in use by another process", path)
	}
	return os.Remove(path)
}
