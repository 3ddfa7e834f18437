package main

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// pair is a line with one connection over it, and the other side.
func pair(t *testing.T) (l *line, near net.Conn, far *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	l = new(line)
	near, err = l.dial(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); accepted.Close() })
	return l, near, accepted.(*net.TCPConn)
}

func hears(t *testing.T, c net.Conn, want string) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Errorf("heard %q, %v; want %q", got, err, want)
	}
}

// hearsNothing reports what holds only for now, so that it can fail, but not by chance.
func hearsNothing(t *testing.T, c net.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("heard %d bytes, %v", n, err)
	}
}

func TestLine_SilenceHoldsBackAndDeliversInOrder(t *testing.T) {
	l, near, far := pair(t)
	for _, c := range l.all() {
		c.hush()
	}
	for _, s := range []string{"a", "b"} {
		if _, err := near.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	hearsNothing(t, far)
	heard := make(chan string)
	go func() {
		got := make([]byte, 1)
		near.Read(got)
		heard <- string(got)
	}()
	far.Write([]byte("x"))
	select {
	case s := <-heard:
		t.Errorf("heard %q through the silence", s)
	case <-time.After(50 * time.Millisecond):
	}
	l.heal()
	near.Write([]byte("c"))
	hears(t, far, "abc")
	if s := <-heard; s != "x" {
		t.Errorf("heard %q", s)
	}
}

func TestLine_TheOtherSideDoesNotHearOfAnEndInSilence(t *testing.T) {
	l, near, far := pair(t)
	l.silence(time.Hour, false)
	near.Close()
	hearsNothing(t, far)
	if _, err := near.Read(make([]byte, 1)); err == nil {
		t.Error("a closed connection can be read")
	}
	l.heal()
	far.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := far.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("afterwards: %v", err)
	}
}

func TestLine_Cut(t *testing.T) {
	for _, reset := range []bool{false, true} {
		l, near, far := pair(t)
		l.cut(reset)
		far.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := far.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) == reset {
			t.Errorf("reset %v: the other side got %v", reset, err)
		}
		if _, err := near.Read(make([]byte, 1)); err == nil {
			t.Errorf("reset %v: the guest can read", reset)
		}
		if n := len(l.all()); n != 0 {
			t.Errorf("reset %v: %d connections left", reset, n)
		}
	}
}
