//go:build !linux

package harden

// Apply does nothing: only Linux is for operation.
func (r Rules) Apply() (version int, err error) { return 0, nil }

func inForce() (r Rules, ok bool) { return r, false }
