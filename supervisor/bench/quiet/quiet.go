// Package quiet waits for sockets without telling Go's scheduler of the system call, as
// package nonblock reads and writes them: its watchdog would add to each wait about as
// much as ten writes. Only a thread that does nothing else may do so.
package quiet

import (
	"syscall"
	"time"
	"unsafe"
)

// Forever is a wait without an end.
const Forever time.Duration = -1

// Wait blocks until something has come of what epoll(7) watches, or until timeout, in
// whole milliseconds rounded up, and returns how many of events it has filled. What else
// runs in the process can stop it only by a signal; it is then syscall.EINTR.
func Wait(epoll int, events []syscall.EpollEvent, timeout time.Duration) (int, error) {
	ms := ^uintptr(0) // -1
	if timeout >= 0 {
		ms = uintptr((timeout + time.Millisecond - 1) / time.Millisecond)
	}
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(epoll),
		uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), ms, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
