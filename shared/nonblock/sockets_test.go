package nonblock_test

import (
	"syscall"
	"testing"

	"chatter/shared/nonblock"
)

// A call that the scheduler does not learn of must not block.
func TestSockets_DoNotBlock(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			near, _ := ends(t, network)
			raw, err := near.SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			if err := raw.Control(func(fd uintptr) {
				flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_GETFL, 0)
				if errno != 0 || flags&syscall.O_NONBLOCK == 0 {
					t.Fatalf("flags %#x, %v: package net has the socket in blocking mode", flags, errno)
				}
				p := make([]byte, 64<<10)
				if n, err := nonblock.Read(fd, p); err != syscall.EAGAIN {
					t.Errorf("read of nothing: %d bytes, %v", n, err)
				}
				for err == nil { // the peer reads nothing, so the socket becomes full
					_, err = nonblock.Write(fd, p)
				}
				if err != syscall.EAGAIN {
					t.Errorf("write to a full socket: %v", err)
				}
			}); err != nil {
				t.Fatal(err)
			}
		})
	}
}
