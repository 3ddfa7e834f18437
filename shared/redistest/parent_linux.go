package redistest

import (
	"os/exec"
	"syscall"
)

// EndWithParent ends the command when the test process ends, even by a SIGKILL.
func EndWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
