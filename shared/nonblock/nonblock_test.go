package nonblock_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"chatter/shared/nonblock"
)

// ends returns both ends of a connection, the first of them wrapped.
func ends(t *testing.T, network string) (*nonblock.Conn, net.Conn) {
	t.Helper()
	addr := "127.0.0.1:0"
	if network == "unix" {
		addr = filepath.Join(t.TempDir(), "s")
	}
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	far, err := net.Dial(network, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close() })
	c, err := nonblock.Listener{Listener: l}.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	near, ok := c.(*nonblock.Conn)
	if !ok {
		t.Fatalf("accepted a %T", c)
	}
	return near, far
}

// More than the socket holds goes both ways whole, and the end is seen.
func TestConn_CarriesEverything(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			near, far := ends(t, network)
			text := bytes.Repeat([]byte("0123456789abcdef"), 1<<19)
			echoed := make(chan error, 1)
			go func() {
				_, err := io.Copy(struct{ io.Writer }{far}, struct{ io.Reader }{far})
				echoed <- errors.Join(err, far.Close())
			}()
			wrote := make(chan error, 1)
			go func() {
				n, err := near.Write(text)
				if n != len(text) && err == nil {
					err = io.ErrShortWrite
				}
				wrote <- errors.Join(err, near.CloseWrite())
			}()
			got, err := io.ReadAll(near)
			if err := errors.Join(err, <-wrote, <-echoed); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, text) {
				t.Errorf("%d bytes came back, or not the same as the %d sent", len(got), len(text))
			}
		})
	}
}

// Errors are those of package net: net/http and go-redis look at them.
func TestConn_FailsAsANetConn(t *testing.T) {
	p := make([]byte, 10)
	check := func(what, op string, err, want error) {
		t.Helper()
		var at *net.OpError
		if !errors.As(err, &at) || at.Op != op || !errors.Is(err, want) {
			t.Errorf("%s: %v, want a %s error, %v", what, err, op, want)
		}
	}
	near, far := ends(t, "tcp")
	_ = near.SetReadDeadline(time.Now().Add(-time.Second))
	_, err := near.Read(p)
	check("too late", "read", err, os.ErrDeadlineExceeded)
	var late net.Error
	if !errors.As(err, &late) || !late.Timeout() {
		t.Errorf("%v is no timeout", err)
	}
	_ = near.SetReadDeadline(time.Time{})
	_ = far.(*net.TCPConn).SetLinger(0)
	far.Close()
	_, err = near.Read(p)
	check("reset", "read", err, syscall.ECONNRESET)
	_, err = near.Write(p)
	check("no peer", "write", err, syscall.EPIPE)
	near.Close()
	_, err = near.Read(p)
	check("closed", "read", err, net.ErrClosed)
	_, err = near.Write(p)
	check("closed", "write", err, net.ErrClosed)
}

// A Read that waits ends when the connection is closed under it.
func TestConn_ReadEndsWithClose(t *testing.T) {
	near, far := ends(t, "tcp")
	ended := make(chan error, 1)
	p := make([]byte, 1)
	go func() {
		_, err := near.Read(p)
		_, err2 := near.Read(p)
		ended <- errors.Join(err, err2)
	}()
	if _, err := far.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	near.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want %v", err, net.ErrClosed)
	}
}
