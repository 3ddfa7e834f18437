package daemon

import (
	"os"
	"syscall"
)

// forbidCoreDumps keeps the kernel from writing the memory of this process, which holds
// messages and session keys, to the disk when it crashes. An exec keeps the limit.
func forbidCoreDumps() error {
	return os.NewSyscallError("setrlimit", syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}))
}
