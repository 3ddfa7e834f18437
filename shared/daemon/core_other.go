//go:build !linux

package daemon

// forbidCoreDumps does nothing: only Linux is for operation.
func forbidCoreDumps() error { return nil }
