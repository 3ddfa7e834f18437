//go:build !(linux && (amd64 || arm64))

package daemon

import (
	"os/signal"
	"syscall"
)

// holdHangups keeps a SIGHUP that comes around an exec from killing the
// process, as far as it can be done portably: ignored signals stay ignored
// across an exec, until the next image listens to them.
func holdHangups() (undo func(), err error) {
	signal.Ignore(syscall.SIGHUP)
	return func() {}, nil
}
