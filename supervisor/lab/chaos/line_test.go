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

// piped is a line with one connection in the bubble of a test, and the other side.
func piped() (l *line, near, far net.Conn) {
	inner, far := net.Pipe()
	l = new(line)
	c := &conn{Conn: inner, line: l, left: make(chan struct{})}
	l.conns = map[*conn]struct{}{c: {}}
	return l, c, far
}

// ear reads until an error and keeps what it read.
type ear struct {
	mu   sync.Mutex
	text string
	err  error
}

// heard returns what was read, and the error that ended it.
func (e *ear) heard() (text string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.text, e.err
}

func listen(c net.Conn) *ear {
	e := new(ear)
	go func() {
		p := make([]byte, 10)
		for {
			n, err := c.Read(p)
			e.mu.Lock()
			e.text, e.err = e.text+string(p[:n]), err
			e.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return e
}

func TestLine_SilenceHoldsBackAndDeliversInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, near, far := piped()
		atNear, atFar := listen(near), listen(far)
		for _, c := range l.all() {
			c.hush()
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
		if a, _ := atNear.heard(); a != "" {
			t.Errorf("heard %q through the silence", a)
		}
		if b, _ := atFar.heard(); b != "" {
			t.Errorf("heard %q through the silence", b)
		}
		l.heal()
		if _, err := near.Write([]byte("c")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		a, _ := atNear.heard()
		if b, _ := atFar.heard(); a != "x" || b != "abc" {
			t.Errorf("heard %q and %q afterwards, want x and abc", a, b)
		}
		near.Close()
	})
}

func TestLine_TheOtherSideDoesNotHearOfAnEndInSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, near, far := piped()
		atNear, atFar := listen(near), listen(far)
		l.silence(time.Hour, false)
		near.Close()
		synctest.Wait()
		if _, err := atNear.heard(); err == nil {
			t.Error("a closed connection can be read")
		}
		if text, err := atFar.heard(); text != "" || err != nil {
			t.Errorf("the other side heard %q, %v", text, err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if text, err := atFar.heard(); text != "" || err == nil {
			t.Errorf("after the silence the other side heard %q, %v", text, err)
		}
	})
}

func TestLine_Cut(t *testing.T) {
	for _, reset := range []bool{false, true} {
		l, near, far := pair(t)
		l.cut(reset)
		far.SetReadDeadline(time.Now().Add(fixture.HangLimit))
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
