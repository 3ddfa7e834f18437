package socket

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
	"chatter/wsd/internal/live"
)

// rawDial shakes hands by hand and reads nothing after it. It takes a Unix
// socket, as nginx does, whose buffers are small and do not grow.
func rawDial(t *testing.T, f *fixture, path string) *bufio.Reader {
	t.Helper()
	r, _ := rawConn(t, f, path)
	return r
}

func rawConn(t *testing.T, f *fixture, path string) (*bufio.Reader, net.Conn) {
	t.Helper()
	c := dialUnix(t, unixServer(t, f.server))
	return upgrade(t, c, handshake(t, f, path)), c
}

// unixServer serves on a Unix socket of its own and returns its address.
func unixServer(t *testing.T, h http.Handler) string {
	t.Helper()
	ln, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h}
	go server.Serve(ln)
	t.Cleanup(func() { server.Close() })
	return ln.Addr().String()
}

func dialUnix(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("unix", addr)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetReadDeadline(time.Now().Add(hangLimit)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// handshake is what a browser of a signed-in guest begins with.
func handshake(t *testing.T, f *fixture, path string) []byte {
	t.Helper()
	req, err := http.NewRequest("GET", f.http.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = f.header()
	for k, v := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Protocol": wire.Subprotocol,
	} {
		req.Header.Set(k, v)
	}
	var b bytes.Buffer
	if err := req.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// upgrade writes what begins with a handshake, and reads the answer to it.
func upgrade(t *testing.T, c net.Conn, written []byte) *bufio.Reader {
	t.Helper()
	if _, err := c.Write(written); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReaderSize(c, 4096)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: %s", resp.Status)
	}
	return r
}

// pong is what an idle guest answers to a ping.
var pong = []byte{0x8a, 0x80, 0, 0, 0, 0}

// readFrame reads one unmasked frame.
func readFrame(r io.Reader) (op byte, payload []byte, err error) {
	var h [2]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return 0, nil, err
	}
	n := int(h[1])
	if n == 126 {
		var l [2]byte
		if _, err := io.ReadFull(r, l[:]); err != nil {
			return 0, nil, err
		}
		n = int(binary.BigEndian.Uint16(l[:]))
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(r, payload)
	return h[0], payload, err
}

// ends are the two ends of a Unix socket.
func ends(t *testing.T) (near, far *net.UnixConn) {
	t.Helper()
	ln, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	far = dialUnix(t, ln.Addr().String()).(*net.UnixConn)
	accepted, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	near = accepted.(*net.UnixConn)
	t.Cleanup(func() { near.Close() })
	return near, far
}

// memberOn lets a member on c into the room, without a reader.
func memberOn(t *testing.T, f *fixture, c net.Conn, heard time.Time) *conn {
	t.Helper()
	wrapped, err := newConn(c)
	if err != nil {
		t.Fatal(err)
	}
	wrapped.hub, wrapped.member = f.hub, live.NewMember(output{wrapped, time.Hour}, live.Events, heard)
	f.hub.Join(roomNamed(t, "room"), wrapped.member, live.Newest())
	t.Cleanup(func() { f.hub.Leave(wrapped.member) })
	return wrapped
}

func roomNamed(t *testing.T, s string) name.Room {
	t.Helper()
	room, err := name.ParseRoom(s)
	if err != nil {
		t.Fatal(err)
	}
	return room
}

// sayLong has n messages of 8 KB each said in the room: of 60 a Unix socket holds less
// than half, and the room keeps all.
func sayLong(t *testing.T, f *fixture, n int) {
	t.Helper()
	for i := range n {
		f.say(t, fmt.Sprint(i, " ", strings.Repeat("\U0001F600", 1990)))
	}
}

// hearLong reads what sayLong has said.
func hearLong(t *testing.T, r io.Reader, n int) {
	t.Helper()
	for i := range n {
		if e := hear(t, r); !strings.HasPrefix(e.Message, fmt.Sprint(i, " ")) {
			t.Fatalf("message %d is %.20q", i, e.Message)
		}
	}
}

// say has text said in the room by a guest without a socket.
func (f *fixture) say(t *testing.T, s string) {
	t.Helper()
	text, err := wire.ParseText(s)
	if err != nil {
		t.Fatal(err)
	}
	f.log.Submit(roomNamed(t, "room"), wire.NewNonce(), text, func(wire.Stored, error) {}, func() {})
}

// hear reads one event. It passes over a ping, which comes when the test takes a minute.
func hear(t *testing.T, r io.Reader) wire.Event {
	t.Helper()
	op, payload, err := readFrame(r)
	for err == nil && op == 0x89 {
		op, payload, err = readFrame(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	e, err := wire.ParseEvent(payload)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
