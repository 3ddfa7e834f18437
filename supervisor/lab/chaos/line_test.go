package main

import (
	"errors"
	"io"
	"net"
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

// ear reads all the time and keeps what it hears. It is looked at when all goroutines of
// the bubble wait.
type ear struct {
	text string
	err  error
}

func listen(c net.Conn) *ear {
	e := new(ear)
	go func() {
		p := make([]byte, 10)
		for e.err == nil {
			var n int
			n, e.err = c.Read(p)
			e.text += string(p[:n])
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
		if atNear.text != "" || atFar.text != "" {
			t.Errorf("heard %q and %q through the silence", atNear.text, atFar.text)
		}
		l.heal()
		if _, err := near.Write([]byte("c")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if atNear.text != "x" || atFar.text != "abc" {
			t.Errorf("heard %q and %q afterwards, want x and abc", atNear.text, atFar.text)
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
		if atNear.err == nil {
			t.Error("a closed connection can be read")
		}
		if atFar.text != "" || atFar.err != nil {
			t.Errorf("the other side heard %q, %v", atFar.text, atFar.err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if atFar.text != "" || atFar.err == nil {
			t.Errorf("after the silence the other side heard %q, %v", atFar.text, atFar.err)
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
