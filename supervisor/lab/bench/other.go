//go:build !linux

// Bench measures what Chatter costs. It runs on Linux only.
package main

import (
	"fmt"
	"os"
	"runtime"
)

func main() {
	fmt.Fprintf(os.Stderr, "bench: it needs epoll and /proc, which only Linux has; this is %s\n", runtime.GOOS)
	os.Exit(1)
}
