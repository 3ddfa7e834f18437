//go:build !linux

package redistest

import "os/exec"

// endWithParent does nothing: only Linux can end a command with its parent.
func endWithParent(*exec.Cmd) {}
