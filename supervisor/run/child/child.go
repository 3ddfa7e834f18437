// Package child starts processes that end when the process that started them ends, even by
// SIGKILL.
package child

import (
	"os/exec"
	"runtime"
	"syscall"
)

// Start starts cmd and returns a channel that receives the result of cmd.Wait and is closed when
// the process has ended; the caller must not call Wait. On Linux the process gets sig when this
// process ends, even by SIGKILL.
func Start(cmd *exec.Cmd, sig syscall.Signal) (<-chan error, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	tie(cmd.SysProcAttr, sig)
	started, ended := make(chan error), make(chan error, 1)
	go func() {
		// Linux sends the signal when the starting thread ends, so the thread is kept.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
			close(ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return ended, nil
}
