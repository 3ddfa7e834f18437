package redistest

import (
	"net"
	"strconv"
	"syscall"
	"testing"
)

// Port reserves a TCP port of 127.0.0.1 until the test ends. A server that sets
// SO_REUSEADDR, as Redis, nginx and Go do, can listen on it, stop and listen again.
//
// The reservation is a socket that is bound and does not listen. Linux gives its port to
// no connection and to no socket that asks for any port (bind(2) with port 0).
func Port(t testing.TB) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatalf("reserve a port: socket: %v", err)
	}
	syscall.CloseOnExec(fd)
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		t.Fatalf("reserve a port: set SO_REUSEADDR: %v", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatalf("reserve a port: bind: %v", err)
	}
	address, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatalf("reserve a port: getsockname: %v", err)
	}
	return strconv.Itoa(address.(*syscall.SockaddrInet4).Port)
}

// Address is a reserved port with its host.
func Address(t testing.TB) string {
	t.Helper()
	return net.JoinHostPort("127.0.0.1", Port(t))
}
