//go:build linux

package swarm

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"
	"unsafe"
)

// Loop waits for sockets with epoll(7). It belongs to one goroutine.
//
// Loop, Read and Write do not announce their system calls to Go's scheduler. In a process that is
// often idle, an announced call wakes the scheduler's watchdog thread, which costs as much as ten
// writes.
type Loop struct {
	Readable func(fd int) // called when a socket has something to read
	WakeAt   time.Time    // when Run calls done at the latest, if it is in the future

	epoll  int
	events []syscall.EpollEvent
}

// NewLoop returns a loop without sockets. Close frees it.
func NewLoop(readable func(fd int)) (*Loop, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return &Loop{Readable: readable, epoll: epoll, events: make([]syscall.EpollEvent, 512)}, nil
}

// Close does not close the sockets.
func (l *Loop) Close() { _ = syscall.Close(l.epoll) }

// Watch adds a socket, which must not block, until it is closed.
func (l *Loop) Watch(fd int) error {
	return syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)})
}

// ErrTimeout means that the awaited state has not come in time.
var ErrTimeout = errors.New("timed out")

// checkEvery is how often Run checks its context.
const checkEvery = 100 * time.Millisecond

// Run handles events until done, which it calls after each batch of events. It returns
// ErrTimeout after timeout, and the error of ctx when ctx ends.
func (l *Loop) Run(ctx context.Context, timeout time.Duration, done func() bool) error {
	for deadline := time.Now().Add(timeout); !done(); {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Now().After(deadline) {
			return ErrTimeout
		}
		wait := checkEvery
		if left := time.Until(l.WakeAt); left > 0 {
			wait = min(wait, left)
		}
		for _, e := range l.events[:l.wait(wait)] {
			l.Readable(int(e.Fd))
		}
	}
	return nil
}

// epollPwait2 is the number of epoll_pwait2(2), which takes nanoseconds, on all
// architectures. Linux has it since 5.11.
const epollPwait2 = 441

func (l *Loop) wait(timeout time.Duration) int {
	limit := syscall.NsecToTimespec(timeout.Nanoseconds())
	n, _, errno := syscall.RawSyscall6(epollPwait2, uintptr(l.epoll), uintptr(unsafe.Pointer(unsafe.SliceData(l.events))),
		uintptr(len(l.events)), uintptr(unsafe.Pointer(&limit)), 0, 0)
	if errno != 0 && errno != syscall.EINTR {
		panic(errno) // no value of an argument can be wrong
	}
	return max(int(n), 0)
}

// Read is read(2) on a socket that does not block, so EINTR cannot happen (signal(7)). It
// returns syscall.EAGAIN when nothing has arrived.
func Read(fd int, p []byte) (int, error) { return transfer(syscall.SYS_READ, fd, p) }

// Write is write(2). It may write less than p.
func Write(fd int, p []byte) (int, error) { return transfer(syscall.SYS_WRITE, fd, p) }

func transfer(call uintptr, fd int, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
