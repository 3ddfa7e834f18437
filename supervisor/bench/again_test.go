package main

import (
	"io"
	"net"
	"slices"
	"testing"

	"chatter/shared/wire"
	"chatter/supervisor/bench/swarm"
)

// Who comes back with the first message is to get the second, once, and the first not
// again.
func TestAwaitMissed_CountsWhatCameBack(t *testing.T) {
	payload := func(ms uint64, text string) []byte { return wire.AppendMessage(nil, wire.ID{Ms: ms}, text) }
	one, two, other := payload(1, "one"), payload(2, "two"), payload(3, "three")
	live := wire.AppendLive(nil, wire.ID{Ms: 2})
	said := []said{{payload: one}, {payload: two}}
	for _, c := range []struct {
		what  string
		comes [][]byte
		want  back
	}{
		{"as it should be", [][]byte{two, live}, back{}},
		{"nothing", [][]byte{live}, back{lost: 1}},
		{"twice", [][]byte{two, two, live}, back{doubled: 1}},
		{"the first again", [][]byte{one, two, live}, back{doubled: 1}},
		{"only the first", [][]byte{one, live}, back{lost: 1, doubled: 1}},
		{"another", [][]byte{other, two, live}, back{}},
		{"late", [][]byte{live, two}, back{lost: 1}},
	} {
		o := openTo(t, c.comes)
		got, err := awaitMissed(t.Context(), o, said)
		o.Close()
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v, want %+v", c.what, got, err, c.want)
		}
	}
	o := openTo(t, [][]byte{two})
	defer o.Close()
	if _, err := awaitMissed(t.Context(), o, said); err == nil {
		t.Error("it was live before the server said so")
	}
}

// openTo opens a socket to which these frames are sent, and no more.
func openTo(t *testing.T, payloads [][]byte) swarm.Opened {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer l.Close()
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		answer := []byte("HTTP/1.1 101 Switching Protocols\r\n\r\n")
		for _, p := range payloads {
			answer = slices.Concat(answer, []byte{0x81, byte(len(p))}, p)
		}
		_, _ = c.Write(answer)
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, c)
	}()
	o, err := swarm.Server{Addr: l.Addr().String()}.Open(t.Context(), "/")
	if err != nil {
		t.Fatal(err)
	}
	return o
}
