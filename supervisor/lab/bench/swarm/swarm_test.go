//go:build linux

package swarm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hangLimit is far more than anything takes on a busy machine.
const hangLimit = time.Minute

// recorded returns a swarm that writes down all its events.
func recorded(t *testing.T) (*Swarm, *[]string) {
	t.Helper()
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	var got []string
	s.Frame = func(c *Client, payload []byte) {
		got = append(got, fmt.Sprintf("%d: %d bytes, %.9s", c.Room, len(payload), payload))
	}
	s.Closed = func(c *Client, why error) { got = append(got, fmt.Sprintf("%d: %v", c.Room, why)) }
	return s, &got
}

// open adds a client whose handshake is done and returns the server's end of its socket.
func open(t *testing.T, s *Swarm, room int) (*Client, net.Conn) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fds[1]), "server")
	defer file.Close()
	server, err := net.FileConn(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	c := &Client{Room: room, fd: fds[0], open: true}
	for c.fd >= len(s.clients) {
		s.clients = append(s.clients, nil)
	}
	s.clients[c.fd] = c
	if err := errors.Join(syscall.SetNonblock(c.fd, true), s.Watch(c.fd)); err != nil {
		t.Fatal(err)
	}
	return c, server
}

func run(t *testing.T, s *Swarm, done func() bool) {
	t.Helper()
	if err := s.Run(t.Context(), hangLimit, done); err != nil {
		t.Fatal(err)
	}
}

// serverFrame is a frame as a server sends it.
func serverFrame(op byte, payload string) []byte {
	head := []byte{0x80 | op}
	switch n := len(payload); {
	case n < 126:
		head = append(head, byte(n))
	case n < 1<<16:
		head = append(head, 126, byte(n>>8), byte(n))
	default:
		head = append(head, 127, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return append(head, payload...)
}

// The same frames come out however the network cuts the bytes of the server.
func TestSwarm_FramesComeWholeHoweverTheyAreCut(t *testing.T) {
	var all []byte
	var want []string
	for i, n := range []int{0, 1, 125, 126, 300, 1<<16 - 1, 1 << 16, 70_000} {
		payload := strings.Repeat(string(rune('a'+i)), n)
		all = append(all, serverFrame(OpText, payload)...)
		want = append(want, fmt.Sprintf("7: %d bytes, %.9s", n, payload))
	}
	for _, cut := range []int{len(all), 4096, 127, 5, 3, 1} {
		if cut < 100 {
			all = all[:bytes.LastIndexByte(all[:1000], 'e')+1] // the short ones
		}
		s, got := recorded(t)
		c, server := open(t, s, 7)
		written := 0
		for piece := range slices.Chunk(all, cut) {
			if _, err := server.Write(piece); err != nil {
				t.Fatal(err)
			}
			written += len(piece)
			// It is read before the next piece is written, or they would arrive as one.
			run(t, s, func() bool { return sizeOf(*got)+len(c.rest) == written })
		}
		if diff := cmp.Diff(want[:len(*got)], *got); diff != "" || len(*got) < 5 || len(c.rest) > 0 {
			t.Errorf("cut by %d: %d frames, %d bytes left: %s", cut, len(*got), len(c.rest), diff)
		}
	}
}

// sizeOf is the size of all recorded frames.
func sizeOf(got []string) (total int) {
	for _, line := range got {
		var room, n int
		if _, err := fmt.Sscanf(line, "%d: %d bytes", &room, &n); err == nil {
			total += len(serverFrame(OpText, strings.Repeat(" ", n)))
		}
	}
	return total
}

func TestSwarm_AnswersPingsAndReportsTheEnd(t *testing.T) {
	s, got := recorded(t)
	_, one := open(t, s, 1)
	_, two := open(t, s, 2)
	if _, err := one.Write(slices.Concat(serverFrame(OpPing, "here?"), serverFrame(OpText, "hello"))); err != nil {
		t.Fatal(err)
	}
	run(t, s, func() bool { return len(*got) == 1 })
	pong := make([]byte, 11)
	_ = one.SetReadDeadline(time.Now().Add(hangLimit))
	if _, err := one.Read(pong); err != nil || string(pong) != "\x8a\x85\x00\x00\x00\x00here?" {
		t.Errorf("answered %q, %v", pong, err)
	}
	frames := slices.Concat(serverFrame(OpText, "bye"), serverFrame(OpClose, "\x03\xf4retry=1"), serverFrame(OpText, "after the end"))
	if _, err := one.Write(frames); err != nil {
		t.Fatal(err)
	}
	run(t, s, func() bool { return len(*got) == 3 })
	if _, err := two.Write(serverFrame(OpText, "half")[:3]); err != nil {
		t.Fatal(err)
	}
	two.Close()
	run(t, s, func() bool { return len(*got) == 4 })
	want := []string{"1: 5 bytes, hello", "1: 3 bytes, bye", `1: closed with "\x03\xf4retry=1"`, "2: connection ended"}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Error(diff)
	}
}

// A client sends masked text frames (RFC 6455 section 5.3), in one write or not at all.
func TestSend_WritesAWholeFrameOrFails(t *testing.T) {
	s, _ := recorded(t)
	c, server := open(t, s, 0)
	long := strings.Repeat("x", 300)
	want := "\x81\x82\x00\x00\x00\x00hi\x81\xfe\x01\x2c\x00\x00\x00\x00" + long
	if err := s.Send(c, AppendFrame(AppendFrame(nil, true, OpText, []byte("hi")), true, OpText, []byte(long))); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(want))
	_ = server.SetReadDeadline(time.Now().Add(hangLimit))
	if n, err := server.Read(got); err != nil || string(got[:n]) != want {
		t.Errorf("sent %q, %v, want %q", got[:n], err, want)
	}
	var err error
	for range 100_000 {
		if err = s.Send(c, []byte(long)); err != nil {
			break
		}
	}
	if !errors.Is(err, ErrFull) {
		t.Errorf("to a server that does not read: %v, want %v", err, ErrFull)
	}
	server.Close()
	if err := s.Send(c, []byte("hi")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("to a closed server: %v, want %v", err, syscall.EPIPE)
	}
}

// The answer to a handshake may arrive in pieces, and frames may follow it at once.
func TestConnect_ShakesHandsAndReadsOn(t *testing.T) {
	for _, c := range []struct {
		answer []string
		want   string
	}{
		{[]string{"HTTP/1.1 101 Switching Protocols\r\nX-Long", ": 1\r\n\r\n\x81\x05he", "llo"}, "3: 5 bytes, hello"},
		{[]string{"HTTP/1.1 403 Forbidden\r\n", "X: y\r\n\r\n"}, `3: handshake answered "HTTP/1.1 403 Forbidden\r\nX: y"`},
		{nil, "3: connection ended"},
	} {
		s, got := recorded(t)
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		client := &Client{Room: 3}
		if err := s.Connect(client, netip.MustParseAddrPort(l.Addr().String()), "/a?b=c", "Cookie: me=1\r\n"); err != nil {
			t.Fatal(err)
		}
		server, err := l.Accept()
		l.Close()
		if err != nil {
			t.Fatal(err)
		}
		request := make([]byte, 4096)
		n, err := server.Read(request)
		if text := string(request[:n]); err != nil || !strings.HasPrefix(text, "GET /a?b=c HTTP/1.1\r\n") || !strings.HasSuffix(text, "\r\nCookie: me=1\r\n\r\n") {
			t.Errorf("asked %q, %v", text, err)
		}
		for i, piece := range c.answer {
			if _, err := server.Write([]byte(piece)); err != nil {
				t.Fatal(err)
			}
			run(t, s, func() bool { return len(client.rest) > 0 || i == len(c.answer)-1 })
		}
		if c.answer == nil {
			server.Close()
		}
		run(t, s, func() bool { return len(*got) == 1 })
		if (*got)[0] != c.want {
			t.Errorf("got %q, want %q", *got, c.want)
		}
		server.Close()
	}
}

func TestDropAll_LetsClientsConnectAgain(t *testing.T) {
	s, got := recorded(t)
	c, server := open(t, s, 1)
	s.DropAll()
	if _, err := server.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("the server writes to a dropped client: %v", err)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := s.Connect(c, netip.MustParseAddrPort(l.Addr().String()), "/", ""); err != nil {
		t.Fatal(err)
	}
	again, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, err := again.Write([]byte("HTTP/1.1 101 Again\r\n\r\n\x81\x02hi")); err != nil {
		t.Fatal(err)
	}
	run(t, s, func() bool { return len(*got) == 1 })
	if (*got)[0] != "1: 2 bytes, hi" {
		t.Errorf("got %q", *got)
	}
}

func TestRun_EndsInTimeOrWithItsContext(t *testing.T) {
	s, _ := recorded(t)
	if err := s.Run(t.Context(), time.Millisecond, func() bool { return false }); !errors.Is(err, ErrTimeout) {
		t.Errorf("after a millisecond: %v, want %v", err, ErrTimeout)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Run(ctx, hangLimit, func() bool { cancel(); return false })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of its context: %v, want %v", err, context.Canceled)
	}
}
