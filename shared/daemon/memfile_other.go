//go:build !linux

package daemon

import (
	"os"
	"syscall"
)

// memoryFile returns a descriptor of a file without a name with this content. It survives
// an exec.
func memoryFile(content []byte) (fd int, err error) {
	f, err := os.CreateTemp("", "")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return 0, err
	}
	if _, err := f.Write(content); err != nil {
		return 0, err
	}
	return syscall.Dup(int(f.Fd())) // without close-on-exec
}
