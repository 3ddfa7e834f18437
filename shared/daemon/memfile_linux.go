package daemon

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// memoryFile returns a descriptor of a file in memory with this content. It survives an
// exec.
func memoryFile(content []byte) (fd int, err error) {
	fd, err = unix.MemfdCreate("state", 0)
	if err != nil {
		return 0, os.NewSyscallError("memfd_create", err)
	}
	for len(content) > 0 {
		n, err := unix.Write(fd, content)
		if err != nil {
			syscall.Close(fd)
			return 0, os.NewSyscallError("write", err)
		}
		content = content[n:]
	}
	return fd, nil
}
