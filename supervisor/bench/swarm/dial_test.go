package swarm

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What comes behind a handshake, in the same packet or later, belongs to the frames.
func TestAwait_ReadsFramesUntilItHasEnough(t *testing.T) {
	o, far := pair(t)
	frames := slices.Concat(serverFrame(opText, "one"), serverFrame(opPing, ""), serverFrame(opText, strings.Repeat("x", 3000)), serverFrame(opText, "live"), serverFrame(opText, "after"))
	o.rest = frames[:2]
	go func() {
		for piece := range slices.Chunk(frames[2:], 7) {
			_, _ = far.Write(piece)
		}
	}()
	var got []int
	err := o.Await(t.Context(), patience, func(payload []byte) bool {
		got = append(got, len(payload))
		return string(payload) == "live"
	})
	if diff := cmp.Diff([]int{3, 0, 3000, 4}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	o.Close()
}

func TestAwait_SaysWhyNothingComes(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	for _, c := range []struct {
		what    string
		sends   []byte
		then    func(net.Conn)
		ctx     context.Context
		timeout time.Duration
		want    error
		text    string
	}{
		{"a close frame", serverFrame(opClose, "\x0f\xa0x"), nil, t.Context(), patience, nil, `closed: "\x0f\xa0x"`},
		{"half a frame and the end", serverFrame(opText, "hello")[:4], func(c net.Conn) { c.Close() }, t.Context(), patience, errEnded, ""},
		{"too long a frame", serverFrame(opText, strings.Repeat("x", 100_000)), nil, t.Context(), patience, nil, "frame is too long"},
		{"nothing", nil, nil, t.Context(), time.Millisecond, ErrTimeout, ""},
		{"nobody waits any more", nil, func(net.Conn) { cancel() }, ctx, time.Hour, context.Canceled, ""},
	} {
		o, far := pair(t)
		slice := syscall.NsecToTimeval(time.Millisecond.Nanoseconds())
		if err := syscall.SetsockoptTimeval(o.fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &slice); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = far.Write(c.sends)
			if c.then != nil {
				c.then(far)
			}
		}()
		err := o.Await(c.ctx, c.timeout, func([]byte) bool { return false })
		if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.HasPrefix(err.Error(), c.text) {
			t.Errorf("%s: %v, want %v%s", c.what, err, c.want, c.text)
		}
		o.Close()
	}
}

// One on a slow link takes no more in a time than the link gives, and goes when the
// server has gone or nobody measures any more.
func TestSip_TakesNoMoreThanTheLinkGives(t *testing.T) {
	for _, how := range []string{"the server goes", "nobody measures"} {
		o, far := pair(t)
		if _, err := far.Write(make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan struct{})
			go func() {
				o.Sip(ctx, 10, time.Second)
				close(ended)
			}()
			for _, read := range []int{0, 10, 20, 30} {
				if left := (&Client{fd: int32(o.fd)}).Unread(); left != 100-read {
					t.Errorf("%s: %d bytes are unread, want %d", how, left, 100-read)
				}
				time.Sleep(time.Second)
				synctest.Wait()
			}
			if how == "the server goes" {
				far.Close()
			} else {
				cancel()
			}
			<-ended // or the test ends as a deadlock
		})
		if err := syscall.SetNonblock(o.fd, true); err == nil {
			t.Errorf("%s: the socket is still open", how)
		}
	}
}

// A link is not left because nothing came for a moment.
func TestSip_StaysWhileNothingComes(t *testing.T) {
	o, far := pair(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go o.Sip(ctx, 10, time.Second)
		time.Sleep(3500 * time.Millisecond)
		if _, err := far.Write([]byte("late")); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if left := (&Client{fd: int32(o.fd)}).Unread(); left != 0 {
			t.Errorf("%d bytes are unread", left)
		}
	})
}

// handshakes is a server of nothing but handshakes: it tells what was asked, and what it
// answers.
func handshakes(t *testing.T, answer func(*http.Request) string) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	t.Cleanup(func() { l.Close(); conns.Wait() })
	conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer c.Close()
				req, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil {
					return
				}
				for piece := range slices.Chunk([]byte(answer(req)), 40) {
					_, _ = c.Write(piece)
				}
			})
		}
	})
	return l.Addr().String()
}

const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX-Long: 0123456789012345678901234567890123456789\r\n\r\n"

func TestOpen_ShakesHandsAsAGuest(t *testing.T) {
	addr := handshakes(t, func(req *http.Request) string {
		if c, err := req.Cookie("chatter"); err != nil || c.Value != "me" || req.Header.Get("Sec-WebSocket-Protocol") != "p" {
			return "HTTP/1.1 403 Forbidden\r\n\r\n"
		}
		if req.Header.Get("Upgrade") != "websocket" {
			return "" // hangs up
		}
		return switching + string(serverFrame(opText, req.URL.String()))
	})
	for _, afar := range []bool{false, true} {
		o, err := Server{Addr: addr, Cookie: "chatter=me", Protocol: "p", Afar: afar}.Open(t.Context(), "/a?b=c")
		if err != nil {
			t.Fatal(err)
		}
		s, got := heard(t)
		c := add(t, s, o, 1)
		run(t, s, func() bool { return c.Seen == 1 })
		if (*got)[0] != "1: 6 bytes, /a?b=c" {
			t.Errorf("heard %q", *got)
		}
	}
	_, err := Server{Addr: addr}.Open(t.Context(), "/a")
	if err == nil || err.Error() != `open /a: handshake answered "HTTP/1.1 403 Forbidden"` {
		t.Errorf("without a cookie: %v", err)
	}
}

func TestOpenAll_OpensEachOnce(t *testing.T) {
	addr := handshakes(t, func(*http.Request) string { return switching })
	const many = 3 * atOnce
	var tries [many]atomic.Int32
	got := make([]int, many)
	err := OpenAll(t.Context(), many, true, time.Now().Add(patience), func(i int) (Opened, error) {
		if tries[i].Add(1) < 3 && i%7 == 0 {
			return Opened{}, errors.New("not yet")
		}
		return Server{Addr: addr}.Open(t.Context(), fmt.Sprint("/", i))
	}, func(i int, o Opened) error {
		got[i]++
		o.Close()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range got {
		if n != 1 {
			t.Errorf("%d was opened %d times", i, n)
		}
	}
}

func TestOpenAll_EndsWithTheFirstFailureOrItsContext(t *testing.T) {
	no := errors.New("no")
	fails := func(int) (Opened, error) { return Opened{}, no }
	never := func(int, Opened) error { t.Error("opened"); return nil }
	if err := OpenAll(t.Context(), 1000, false, time.Time{}, fails, never); !errors.Is(err, no) {
		t.Errorf("without another try: %v", err)
	}
	if err := OpenAll(t.Context(), 1000, true, time.Now(), fails, never); !errors.Is(err, no) {
		t.Errorf("too late for another try: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var tries atomic.Int32
	err := OpenAll(ctx, 1000, true, time.Now().Add(time.Hour), func(int) (Opened, error) {
		if tries.Add(1) == 5000 {
			cancel()
		}
		return Opened{}, no
	}, never)
	if err == nil {
		t.Error("it ended well when its context had ended")
	}
}
