package swarm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// patience is how long anything may take on a busy machine.
const patience = time.Minute

// pair is a socket whose handshake is done, and the server's end of it.
func pair(t *testing.T) (Opened, net.Conn) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.SetNonblock(fds[0], true); err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fds[1]), "server")
	defer file.Close()
	far, err := net.FileConn(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close() })
	return Opened{fd: fds[0]}, far
}

// heard is a swarm of which everything is written down.
func heard(t *testing.T) (*Swarm, *[]string) {
	t.Helper()
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	var got []string
	s.Frame = func(c *Client, payload []byte) {
		c.Seen++
		got = append(got, fmt.Sprintf("%d: %d bytes, %.9s", c.Room, len(payload), payload))
	}
	s.Closed = func(c *Client, code int) { got = append(got, fmt.Sprintf("%d: closed %d", c.Room, code)) }
	return s, &got
}

func add(t *testing.T, s *Swarm, o Opened, room int) *Client {
	t.Helper()
	c, err := s.Add(o, room)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func run(t *testing.T, s *Swarm, done func() bool) {
	t.Helper()
	if err := s.Run(t.Context(), patience, done); err != nil {
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

// However the network cuts what a server has sent, the same frames come out.
func TestSwarm_FramesComeWholeHoweverTheyAreCut(t *testing.T) {
	sizes := []int{0, 1, 125, 126, 300, 1<<16 - 1, 1 << 16, 70_000}
	var all []byte
	var want []string
	for i, n := range sizes {
		payload := strings.Repeat(string(rune('a'+i)), n)
		all = append(all, serverFrame(opText, payload)...)
		want = append(want, fmt.Sprintf("7: %d bytes, %.9s", n, payload))
	}
	for _, cut := range []int{1, 2, 3, 5, 127, 4096, len(all)} {
		if cut < 5 {
			all = all[:bytes.LastIndexByte(all, 'd')+1] // byte by byte only the short ones
		}
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			s, got := heard(t)
			o, far := pair(t)
			pieces := slices.Collect(slices.Chunk(all, cut))
			o.rest = pieces[0] // behind the handshake
			c := add(t, s, o, 7)
			for i, piece := range pieces[1:] {
				if _, err := far.Write(piece); err != nil {
					t.Fatal(err)
				}
				// Read before the next is written, or they would come as one.
				read := (i + 2) * cut
				run(t, s, func() bool { return c.Unread() == 0 && taken(*got)+len(c.rest) >= min(read, len(all)) })
			}
			if diff := cmp.Diff(want[:len(*got)], *got); diff != "" || len(*got) < 4 {
				t.Error(len(*got), diff)
			}
			if len(c.rest) > 0 {
				t.Errorf("%d bytes are left over", len(c.rest))
			}
		})
	}
}

// taken is how many bytes the frames had that were heard.
func taken(got []string) (total int) {
	for _, line := range got {
		var room, n int
		if _, err := fmt.Sscanf(line, "%d: %d bytes", &room, &n); err == nil {
			total += len(serverFrame(opText, strings.Repeat(" ", n)))
		}
	}
	return total
}

func TestSwarm_AnswersPingsAndTellsOfTheEnd(t *testing.T) {
	s, got := heard(t)
	one, farOne := pair(t)
	two, farTwo := pair(t)
	add(t, s, one, 1)
	add(t, s, two, 2)
	send := func(far net.Conn, frames ...[]byte) {
		t.Helper()
		if _, err := far.Write(slices.Concat(frames...)); err != nil {
			t.Fatal(err)
		}
	}
	send(farOne, serverFrame(opPing, "here?"), serverFrame(opText, "hello"))
	run(t, s, func() bool { return len(*got) == 1 })
	pong := make([]byte, 11)
	_ = farOne.SetReadDeadline(time.Now().Add(patience))
	if _, err := farOne.Read(pong); err != nil || string(pong) != "\x8a\x85\x00\x00\x00\x00here?" || s.Pings != 1 {
		t.Errorf("answered %q, %v; %d pings", pong, err, s.Pings)
	}
	send(farOne, serverFrame(opText, "bye"), serverFrame(opClose, "\x03\xf4retry=1"), serverFrame(opText, "nobody hears it"))
	run(t, s, func() bool { return len(*got) == 3 })
	send(farTwo, serverFrame(opText, "half")[:3])
	farTwo.Close()
	run(t, s, func() bool { return len(*got) == 4 })
	want := []string{"1: 5 bytes, hello", "1: 3 bytes, bye", "1: closed 1012", "2: closed 0"}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Error(diff)
	}
}

// What a client sends is a masked text frame (RFC 6455 section 5.3), in one write or not
// at all.
func TestSwarm_SendsAFrameOrSaysThatItCannot(t *testing.T) {
	s, _ := heard(t)
	o, far := pair(t)
	c := add(t, s, o, 0)
	long := strings.Repeat("x", 300)
	for _, text := range []string{"hi", long} {
		if err := s.Send(c, AppendText(nil, []byte(text))); err != nil {
			t.Fatal(err)
		}
	}
	want := "\x81\x82\x00\x00\x00\x00hi\x81\xfe\x01\x2c\x00\x00\x00\x00" + long
	got := make([]byte, len(want))
	_ = far.SetReadDeadline(time.Now().Add(patience))
	for n := 0; n < len(got); {
		m, err := far.Read(got[n:])
		if err != nil {
			t.Fatal(err)
		}
		n += m
	}
	if string(got) != want {
		t.Errorf("sent %q, want %q", got, want)
	}
	var err error
	for range 100_000 {
		if err = s.Send(c, AppendText(nil, []byte(long))); err != nil {
			break
		}
	}
	if !errors.Is(err, ErrStalled) {
		t.Errorf("to one who does not read: %v, want %v", err, ErrStalled)
	}
	far.Close()
	if err := s.Send(c, AppendText(nil, []byte("hi"))); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("to one who has gone: %v, want %v", err, syscall.EPIPE)
	}
}

// Who is paused lets things pile up; who is dropped is never heard of again.
func TestSwarm_DoesNotReadWhomItMustNot(t *testing.T) {
	s, got := heard(t)
	sleeper, farSleeper := pair(t)
	gone, farGone := pair(t)
	other, farOther := pair(t)
	c := add(t, s, sleeper, 1)
	d := add(t, s, gone, 2)
	add(t, s, other, 3)
	if err := s.Pause(c); err != nil {
		t.Fatal(err)
	}
	frame := serverFrame(opText, "x")
	for _, far := range []net.Conn{farSleeper, farGone, farOther} {
		if _, err := far.Write(frame); err != nil {
			t.Fatal(err)
		}
	}
	s.Drop(d)
	run(t, s, func() bool { return len(*got) == 1 })
	if (*got)[0] != "3: 1 bytes, x" || c.Unread() != len(frame) {
		t.Errorf("heard %q; %d bytes wait for the sleeper", *got, c.Unread())
	}
	if _, err := farGone.Write(frame); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("write to one who was dropped: %v", err)
	}
}

func TestSwarm_RunEndsInTimeOrWithItsContext(t *testing.T) {
	s, _ := heard(t)
	never := func() bool { return false }
	if err := s.Run(t.Context(), time.Millisecond, never); !errors.Is(err, ErrTimeout) {
		t.Errorf("after a millisecond: %v, want %v", err, ErrTimeout)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	begun := make(chan struct{}, 1000)
	go func() {
		ended <- s.Run(ctx, time.Hour, func() bool {
			select {
			case begun <- struct{}{}:
			default:
			}
			return false
		})
	}()
	<-begun
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("after the end of its context: %v, want %v", err, context.Canceled)
		}
	case <-time.After(patience):
		t.Fatal("it does not heed the end of its context")
	}
}

// As many ticks come as are due, however late they are looked at.
func TestSwarm_TicksAtTheirPace(t *testing.T) {
	s, _ := heard(t)
	ticks := 0
	s.Tick = func() { ticks++ }
	const each = time.Millisecond
	begun := time.Now()
	if err := s.Every(each); err != nil {
		t.Fatal(err)
	}
	run(t, s, func() bool { return ticks >= 20 })
	if due := int(time.Since(begun)/each) + 1; ticks > due {
		t.Errorf("%d ticks, %d were due", ticks, due)
	}
	if err := s.Every(0); err != nil {
		t.Fatal(err)
	}
	// timerfd_gettime(2): the interval and the time to the next expiry, zero for a timer that
	// is not set.
	var left [2]syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_TIMERFD_GETTIME, uintptr(s.timer), uintptr(unsafe.Pointer(&left)), 0); errno != 0 || left != [2]syscall.Timespec{} {
		t.Errorf("the timer is still set: %v, %v", left, errno)
	}
	before := ticks
	if err := s.Run(t.Context(), each, func() bool { return false }); !errors.Is(err, ErrTimeout) {
		t.Fatal(err)
	}
	if ticks != before {
		t.Errorf("%d ticks after the end", ticks-before)
	}
}
