//go:build !(linux && (amd64 || arm64))

package daemon

import (
	"os/signal"
	"syscall"
)

// holdHangups ignores SIGHUP, which kills an image that does not listen to it. A signal
// stays ignored across an exec, until the next image calls signal.Notify.
func holdHangups() (undo func(), err error) {
	signal.Ignore(syscall.SIGHUP)
	return func() {}, nil
}
