//go:build !linux

package nonblock

import (
	"errors"
	"syscall"
)

func read(fd uintptr, p []byte) (n int, errno syscall.Errno) { return split(syscall.Read(int(fd), p)) }

func write(fd uintptr, p []byte) (n int, errno syscall.Errno) {
	return split(syscall.Write(int(fd), p))
}

func peek(uintptr) syscall.Errno { return 0 }

func split(n int, err error) (int, syscall.Errno) {
	var errno syscall.Errno
	if err != nil && !errors.As(err, &errno) {
		errno = syscall.EIO
	}
	return n, errno
}
