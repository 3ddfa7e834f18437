//go:build !linux

package child

import "syscall"

// tie does nothing, because other systems have no such signal.
func tie(*syscall.SysProcAttr, syscall.Signal) {}
