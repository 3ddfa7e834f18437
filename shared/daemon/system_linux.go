package daemon

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// forbidCoreDumps keeps the kernel from writing the memory of this process, which holds
// messages and session keys, to the disk when it crashes. An exec keeps the limit.
func forbidCoreDumps() error {
	return os.NewSyscallError("setrlimit", syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}))
}

// namelessFile returns a file that is only in memory.
func namelessFile() (*os.File, error) {
	fd, err := unix.MemfdCreate("state", unix.MFD_CLOEXEC)
	return os.NewFile(uintptr(fd), "state"), os.NewSyscallError("memfd_create", err)
}

// kernelAction is the argument of rt_sigaction on amd64 and arm64.
type kernelAction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

// holdHangups ignores SIGHUP, which kills an image that does not listen to it. A signal
// stays ignored across an exec, until the next image calls signal.Notify. undo is for an
// exec that failed.
//
// It calls the kernel, because after signal.Ignore the runtime does not want the signal
// either: a signal handler that has just begun on another thread then kills the process.
// Blocking the signal does not help: the next image's runtime unblocks it before the
// image listens.
func holdHangups() (undo func(), err error) {
	const ignore, maskBytes = 1, 8 // SIG_IGN, the size of mask
	next, before := kernelAction{handler: ignore}, kernelAction{}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(syscall.SIGHUP),
		uintptr(unsafe.Pointer(&next)), uintptr(unsafe.Pointer(&before)), maskBytes, 0, 0)
	if errno != 0 {
		return nil, os.NewSyscallError("rt_sigaction", errno)
	}
	return func() {
		syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(syscall.SIGHUP),
			uintptr(unsafe.Pointer(&before)), 0, maskBytes, 0, 0)
	}, nil
}
