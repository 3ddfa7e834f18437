//go:build !linux

package daemon

import (
	"os"
	"os/signal"
	"syscall"
)

// forbidCoreDumps does nothing: only Linux is for operation.
func forbidCoreDumps() error { return nil }

// namelessFile returns a file that no name leads to.
func namelessFile() (*os.File, error) {
	f, err := os.CreateTemp("", "")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}

// holdHangups ignores SIGHUP, which kills an image that does not listen to it. A signal
// stays ignored across an exec, until the next image calls signal.Notify.
func holdHangups() (undo func(), err error) {
	signal.Ignore(syscall.SIGHUP)
	return func() {}, nil
}
