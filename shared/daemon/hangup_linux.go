//go:build amd64 || arm64

package daemon

import (
	"os"
	"syscall"
	"unsafe"
)

// kernelAction is what rt_sigaction takes on these two architectures.
type kernelAction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

// holdHangups keeps a SIGHUP that comes around an exec from killing the
// process: until the next image listens to it, nobody does, and to an image
// that does not listen it is deadly. Ignored signals stay ignored across an
// exec until that image's signal.Notify. undo is for an exec that failed.
//
// It asks the kernel, because signal.Ignore is not enough: that makes the
// runtime give the signal up too, and a handler that has just begun on another
// thread then kills the process. Blocking the signal is no way either, since
// the next image's runtime would unblock it before anybody listens.
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
