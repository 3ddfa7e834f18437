//go:build linux && !race

package nonblock

import (
	"syscall"
	"unsafe"
)

// Library and version: package syscall and the runtime of Go 1.26. Package syscall announces
// each call to the scheduler, so that another thread can take over if the call blocks. In a
// process that was idle, the announcement also wakes the thread sysmon, which then wakes
// every 20 µs for at least a millisecond. One announced call for each message or page
// is enough, so the connections of the services and those to Redis must all be quiet.
//
// Assumption: package net has every socket in non-blocking mode, so that a call returns at
// once and needs no announcement. TestSockets_DoNotBlock fails when that changes.

func read(fd uintptr, p []byte) (n int, errno syscall.Errno) { return call(syscall.SYS_READ, fd, p) }

func write(fd uintptr, p []byte) (n int, errno syscall.Errno) { return call(syscall.SYS_WRITE, fd, p) }

func call(trap, fd uintptr, p []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	return int(n), errno
}

// peek is syscall.EAGAIN when there is nothing to read, and no end of it.
func peek(fd uintptr) syscall.Errno {
	var b [1]byte
	_, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&b)), 1,
		syscall.MSG_PEEK|syscall.MSG_DONTWAIT, 0, 0)
	return errno
}
