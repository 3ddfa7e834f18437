package redistest

import (
	"os/exec"
	"syscall"
)

// endWithParent ends the command when the test process ends, even by a SIGKILL.
func endWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
