package nginx_test

import (
	"os/exec"
	"syscall"
)

// endWithParent ends nginx when the test process ends. A killed master would leave its
// workers behind, so it gets a SIGTERM.
func endWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }
