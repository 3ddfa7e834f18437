package floor_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"chatter/supervisor/bench/floor"
	"chatter/supervisor/bench/swarm"
)

// The load generator and the floor know each other's frames: what one member says comes
// to everybody in its room, in one piece, and to nobody else.
func TestRooms_WriteReadyFramesToTheWholeRoom(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	rooms := floor.Rooms{Frames: []byte("\x81\x03one\x81\x03two")}
	// It holds the descriptor until the process ends.
	go rooms.Serve(l.(*net.TCPListener))

	s, err := swarm.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := make(map[*swarm.Client]string)
	s.Frame = func(c *swarm.Client, payload []byte) { got[c] += string(payload) + " " }
	server := swarm.Server{Addr: l.Addr().String()}
	var clients []*swarm.Client
	for i, path := range []string{"/a?since=0", "/a", "/b"} {
		o, err := server.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Add(o, i)
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	say := func(from int, everybody func() bool) {
		if err := s.Send(clients[from], swarm.AppendText(nil, make([]byte, 300))); err != nil {
			t.Fatal(err)
		}
		if err := s.Run(t.Context(), time.Minute, everybody); err != nil {
			t.Fatal(err, got)
		}
	}
	say(0, func() bool { return got[clients[0]] == "one two " && got[clients[1]] == "one two " })
	say(2, func() bool { return got[clients[2]] == "one two " })
	if got[clients[0]] != "one two " {
		t.Errorf("room a got %q of what was said in room b", got[clients[0]])
	}

	s.Drop(clients[1])
	say(0, func() bool { return got[clients[0]] == "one two one two " })
}

// A frame that comes in pieces, between others, is one frame.
func TestRooms_TakesAFrameThatComesInPieces(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	rooms := floor.Rooms{Frames: []byte("\x81\x01x")}
	go rooms.Serve(l.(*net.TCPListener))
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(2 * time.Minute))
	in := bufio.NewReader(conn)
	if _, err := conn.Write([]byte("GET /a HTTP/1.1\r\nSec-WebSocket-Key: k\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(in, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(resp, err)
	}
	frame := swarm.AppendText(nil, make([]byte, 300))
	heard := func(n int) {
		t.Helper()
		if _, err := io.ReadFull(in, make([]byte, n*len(rooms.Frames))); err != nil {
			t.Fatal(err)
		}
	}
	// The answer to a whole frame tells that what came before it has been read.
	for _, cut := range []int{1, 3, 4, 7, 8, 100, len(frame) - 1} {
		if _, err := conn.Write(slices.Concat(frame, frame[:cut])); err != nil {
			t.Fatal(err)
		}
		heard(1)
		if _, err := conn.Write(slices.Concat(frame[cut:], frame)); err != nil {
			t.Fatal(err)
		}
		heard(2)
	}
}
