package redistest

import (
	"errors"
	"net"
	"syscall"
	"testing"
)

func TestPort_IsReservedAndCanBeListenedOnAgainAndAgain(t *testing.T) {
	address := Address(t)
	if c, err := net.Dial("tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
		if err == nil {
			c.Close()
		}
		t.Fatalf("dial before anything listens: %v, want %v", err, syscall.ECONNREFUSED)
	}
	for range 3 {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		accepted, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		accepted.Close()
		c.Close()
		l.Close()
	}
}
