//go:build !linux || race

package nonblock

import (
	"errors"
	"syscall"
)

// The race detector learns from package syscall's functions what happens before what.

func read(fd uintptr, p []byte) (n int, errno syscall.Errno) { return split(syscall.Read(int(fd), p)) }

func write(fd uintptr, p []byte) (n int, errno syscall.Errno) {
	return split(syscall.Write(int(fd), p))
}

func peek(fd uintptr) syscall.Errno {
	var b [1]byte
	n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	_, errno := split(n, err)
	return errno
}

func split(n int, err error) (int, syscall.Errno) {
	if err == nil {
		return n, 0
	}
	var errno syscall.Errno // it escapes: not on the way of every call
	if !errors.As(err, &errno) {
		errno = syscall.EIO
	}
	return n, errno
}
