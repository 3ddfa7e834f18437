package main

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chatter/supervisor/test/fixture"
)

// pair is a proxy with one connection, and the other side.
func pair(t *testing.T) (p *proxy, near net.Conn, far *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	p = new(proxy)
	near, err = p.dial(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); accepted.Close() })
	return p, near, accepted.(*net.TCPConn)
}

// piped is a proxy with one connection inside the bubble of a test, and the other side.
func piped() (p *proxy, near, far net.Conn) {
	inner, far := net.Pipe()
	p = new(proxy)
	c := &conn{Conn: inner, proxy: p, left: make(chan struct{})}
	p.conns.Store(c, nil)
	return p, c, far
}

// reader reads until an error and keeps the data.
type reader struct {
	mu   sync.Mutex
	text string
	err  error
}

// got returns the data, and the error at its end.
func (e *reader) got() (text string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.text, e.err
}

func read(c net.Conn) *reader {
	e := new(reader)
	go func() {
		buf := make([]byte, 10)
		for {
			n, err := c.Read(buf)
			e.mu.Lock()
			e.text, e.err = e.text+string(buf[:n]), err
			e.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return e
}

func TestProxy_DeliversInOrderAfterASilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, near, far := piped()
		atNear, atFar := read(near), read(far)
		for _, c := range p.all() {
			c.hold()
		}
		for _, s := range []string{"a", "b"} {
			if _, err := near.Write([]byte(s)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := far.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if a, _ := atNear.got(); a != "" {
			t.Errorf("read %q during the silence", a)
		}
		if b, _ := atFar.got(); b != "" {
			t.Errorf("read %q during the silence", b)
		}
		p.heal()
		if _, err := near.Write([]byte("c")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		a, _ := atNear.got()
		if b, _ := atFar.got(); a != "x" || b != "abc" {
			t.Errorf("read %q and %q afterwards, want x and abc", a, b)
		}
		near.Close()
	})
}

func TestProxy_HidesACloseDuringASilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, near, far := piped()
		atNear, atFar := read(near), read(far)
		p.silence(time.Hour, false)
		near.Close()
		synctest.Wait()
		if _, err := atNear.got(); err == nil {
			t.Error("a closed connection can be read")
		}
		if text, err := atFar.got(); text != "" || err != nil {
			t.Errorf("the other side read %q, %v", text, err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if text, err := atFar.got(); text != "" || err == nil {
			t.Errorf("after the silence the other side read %q, %v", text, err)
		}
	})
}

func TestProxy_Cut(t *testing.T) {
	for _, reset := range []bool{false, true} {
		p, near, far := pair(t)
		p.cut(reset)
		far.SetReadDeadline(time.Now().Add(fixture.HangLimit))
		if _, err := far.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) == reset {
			t.Errorf("reset %v: the other side got %v", reset, err)
		}
		if _, err := near.Read(make([]byte, 1)); err == nil {
			t.Errorf("reset %v: the guest can read", reset)
		}
		if n := len(p.all()); n != 0 {
			t.Errorf("reset %v: %d connections left", reset, n)
		}
	}
}
