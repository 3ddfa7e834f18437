//go:build linux

package floor_test

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"chatter/supervisor/lab/bench/floor"
	"chatter/supervisor/lab/bench/swarm"
)

// The load generator and the floor understand each other's frames: a message of one member
// reaches all members of its room, in one piece, and no other client.
func TestRooms_WriteReadyFramesToTheWholeRoom(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	rooms := floor.Rooms{
		Answer: []byte("HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x04live"),
		Frames: []byte("\x81\x03one\x81\x03two"),
	}
	ended := make(chan error, 1)
	go func() { ended <- rooms.Serve(t.Context(), int(socket.Fd())) }()
	t.Cleanup(func() { <-ended; socket.Close() })

	s, err := swarm.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := make(map[*swarm.Client]string)
	s.Frame = func(c *swarm.Client, payload []byte) { got[c] += string(payload) + " " }
	s.Closed = func(_ *swarm.Client, why error) { t.Error(why) }
	run := func(done func() bool) {
		t.Helper()
		if err := s.Run(t.Context(), time.Minute, done); err != nil {
			t.Fatal(err, got)
		}
	}
	var clients []*swarm.Client
	for _, path := range []string{"/a?since=0", "/a?since=1", "/b?since=0"} {
		c := new(swarm.Client)
		if err := s.Connect(c, netip.MustParseAddrPort(l.Addr().String()), path, ""); err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
		run(func() bool { return got[c] == "live " })
	}
	want := "live "
	for _, size := range []int{100, 300} {
		frame := swarm.AppendFrame(nil, true, swarm.OpText, make([]byte, size))
		// The second frame of the first client arrives in two parts.
		first, second := append(bytes.Clone(frame), frame[:20]...), frame[20:]
		for _, part := range [][]byte{first, second} {
			if err := errors.Join(s.Send(clients[0], part), s.Send(clients[2], frame)); err != nil {
				t.Fatal(err)
			}
			want += "one two "
			run(func() bool {
				return !slices.ContainsFunc(clients, func(c *swarm.Client) bool { return len(got[c]) < len(want) })
			})
		}
	}
	for i, c := range clients {
		if got[c] != want {
			t.Errorf("client %d got %q, want %q", i, got[c], want)
		}
	}
}
