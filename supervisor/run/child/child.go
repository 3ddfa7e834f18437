// Package child starts processes that do not outlive the one that started them,
// however that one ends.
package child

import (
	"os/exec"
	"runtime"
	"syscall"
)

// Start starts cmd and returns a channel that gets the result of cmd.Wait and is closed
// when the process has ended; nobody else may call Wait. Where the system can do it (Linux)
// the process gets sig when this one dies, even by SIGKILL.
func Start(cmd *exec.Cmd, sig syscall.Signal) (<-chan error, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	tie(cmd.SysProcAttr, sig)
	started, ended := make(chan error), make(chan error, 1)
	go func() {
		// The signal comes when the starting thread ends, not the process: the thread
		// has to be kept until then.
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
