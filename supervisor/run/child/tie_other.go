//go:build !linux

package child

import "syscall"

// No such signal here: after a kill -9 of the parent the child has to be ended by hand.
func tie(*syscall.SysProcAttr, syscall.Signal) {}
