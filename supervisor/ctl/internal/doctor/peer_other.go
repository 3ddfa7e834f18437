//go:build !linux

package doctor

import "errors"

// listener returns the process that listens on a unix socket. Only Linux tells it.
func listener(string) (pid int, err error) { return 0, errors.New("only Linux tells") }
