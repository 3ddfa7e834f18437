// Package stack gives goroutines large stacks at once.
package stack

// Grow gives the goroutine that calls it a stack of 16 KiB, which the work on a handshake or a
// message needs. Otherwise the runtime would double the first 2 KiB three times, each time with
// more to copy.
func Grow() { use(0) }

//go:noinline
func use(i int) byte {
	var stack [12 << 10]byte
	return stack[i]
}
