package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/wire"

	"github.com/coder/websocket"
)

// say sends one message and returns its nonce.
func say(t *testing.T, ws *websocket.Conn, text string, nonce wire.Nonce) {
	t.Helper()
	frame := `{"command":"new_message","message":"` + text + `","nonce":"` + string(nonce) + `"}`
	if err := ws.Write(t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		t.Fatal(err)
	}
}

// A Redis that cannot store is "unavailable" to the guest after a bounded
// time, and one that is full is "full"; the socket stays open, nothing piles up, and the same message goes
// through, once, when Redis can again.
func TestFaults_RefusedUnavailableThenStoredOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name        string
		begin, ends func(t *testing.T, server *redistest.Server, c *redisconn.Client)
	}{
		{"full", setting("maxmemory", "1"), setting("maxmemory", "0")},
		{"read-only", do("REPLICAOF", "127.0.0.1", "1"), do("REPLICAOF", "NO", "ONE")},
		{"hung", signal(syscall.SIGSTOP), signal(syscall.SIGCONT)},
		{"killed", func(_ *testing.T, s *redistest.Server, _ *redisconn.Client) { s.Kill() },
			func(_ *testing.T, s *redistest.Server, _ *redisconn.Client) { s.Run() }},
		{"loading", beginLoading, setting("key-load-delay", "0")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			c := server.PatientClient()
			defer c.Close()
			s := startProcess(t, server.URL, "--limits", "off")
			ws := s.dial(t, "/ws/chat/room/?since=0")
			until(t, ws, wire.EventLive)
			say(t, ws, "before", wire.NewNonce())
			until(t, ws, wire.EventAck)
			others := make([]*websocket.Conn, 8)
			for i := range others {
				others[i] = s.dial(t, fmt.Sprintf("/ws/chat/other%d/?since=0", i%4))
				until(t, others[i], wire.EventLive)
			}

			before := s.goroutines(t)
			tt.begin(t, server, c)
			nonce := wire.NewNonce()
			begun := time.Now()
			say(t, ws, "during", nonce)
			for _, other := range others {
				for range 60 { // as many as one socket may have on their way
					say(t, other, "too", wire.NewNonce())
				}
			}
			if now := s.goroutines(t); now > before+40 {
				t.Errorf("%d goroutines, %d before", now, before)
			}
			e := until(t, ws, wire.EventRefused)
			code := wire.CodeUnavailable
			if tt.name == "full" {
				code = wire.CodeFull // at once: Redis has answered
			}
			if e.Code != code || e.Nonce != nonce || e.RetryAfter < 1 {
				t.Errorf("refused: %+v", e)
			}
			if waited := time.Since(begun); code == wire.CodeUnavailable && waited < 3*time.Second {
				t.Errorf("given up after %v, without retrying", waited)
			}
			for _, other := range others {
				for range 60 {
					if e := until(t, other, wire.EventRefused); e.Code != code {
						t.Errorf("refused: %+v", e)
					}
				}
			}
			// All are refused while Redis is away. How soon, package roomlog tests.
			s.awaitGoroutines(t, before+40)

			tt.ends(t, server, c)
			for stored := false; !stored; {
				say(t, ws, "during", nonce)
				for answered := false; !answered; {
					switch e := next(t, ws); e.Event {
					case wire.EventAck:
						answered, stored = true, true
					case wire.EventRefused:
						answered = true
					}
				}
			}
			if n := c.Universal().XLen(t.Context(), "chatter:room:{room}:log").Val(); n != 2 {
				t.Errorf("%d messages are stored, want 2", n)
			}
		})
	}
}

// next is the next event.
func next(t *testing.T, ws *websocket.Conn) wire.Event {
	t.Helper()
	_, frame, err := ws.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e, err := wire.ParseEvent(frame)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// beginLoading has the server begin anew and load until key-load-delay is set to 0. It
// answers LOADING after each thousand entries, that is once a second. The entries last for
// longer than the test.
func beginLoading(t *testing.T, s *redistest.Server, c *redisconn.Client) {
	t.Helper()
	s.Kill()
	files, err := filepath.Glob(filepath.Join(s.Dir(), "appendonlydir", "*.incr.aof"))
	if err != nil || len(files) == 0 {
		t.Fatalf("append-only files %q, %v; want one", files, err)
	}
	// There are two while Redis rewrites them.
	log, err := os.OpenFile(slices.Max(files), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	entry := []byte("*3\r\n$3\r\nSET\r\n$6\r\nfiller\r\n$1\r\nx\r\n")
	if _, err := log.Write(bytes.Repeat(entry, 300_000)); err != nil {
		t.Fatal(err)
	}
	s.Begin("--key-load-delay", "1000")
	ctx, cancel := context.WithTimeout(t.Context(), hangLimit)
	defer cancel()
	for {
		switch err := c.Ready(ctx); {
		case err == nil || ctx.Err() != nil:
			t.Fatalf("the server is not loading: %v", err)
		case strings.Contains(err.Error(), "LOADING"):
			return
		}
	}
}

func setting(name, value string) func(*testing.T, *redistest.Server, *redisconn.Client) {
	return do("CONFIG", "SET", name, value)
}

func do(args ...any) func(*testing.T, *redistest.Server, *redisconn.Client) {
	return func(t *testing.T, _ *redistest.Server, c *redisconn.Client) {
		t.Helper()
		if err := c.Universal().Do(t.Context(), args...).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func signal(sig syscall.Signal) func(*testing.T, *redistest.Server, *redisconn.Client) {
	return func(t *testing.T, s *redistest.Server, _ *redisconn.Client) {
		t.Helper()
		if err := syscall.Kill(s.Pid(), sig); err != nil {
			t.Fatal(err)
		}
	}
}

// The log of a room goes while people are in it: they are told of a gap.
func TestFaults_EvictedLogIsAGap(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	c := server.Client()
	defer c.Close()
	s := startProcess(t, server.URL)
	ws := s.dial(t, "/ws/chat/room/?since=0")
	until(t, ws, wire.EventLive)
	say(t, ws, "before", wire.NewNonce())
	until(t, ws, wire.EventAck)
	before := s.goroutines(t)
	if err := c.Universal().Del(t.Context(), "chatter:room:{room}:log").Err(); err != nil {
		t.Fatal(err)
	}
	say(t, ws, "after", wire.NewNonce())
	until(t, ws, wire.EventGap)
	if e := until(t, ws, wire.EventMessage); e.Message != "after" {
		t.Errorf("after the gap: %+v", e)
	}
	s.awaitGoroutines(t, before+40)
}
