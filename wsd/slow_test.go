package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"chatter/shared/redistest"
	"chatter/shared/wire"

	"github.com/coder/websocket"
)

// Redis is a tenth of a second away: all that is said is acked, later, when it
// is stored; what waits goes together; people come in; and when the way is
// short again, an answer is.
func TestSlow_RedisFarAway(t *testing.T) {
	t.Parallel()
	const delay = 100 * time.Millisecond
	server := redistest.Start(t)
	c := server.Client()
	defer c.Close()
	way := server.Remote()
	s := startProcess(t, way.URL, "--limits", "off")
	sockets := make([]*websocket.Conn, 10)
	for i := range sockets {
		sockets[i] = s.dial(t, "/ws/chat/room/?since=0")
		until(t, sockets[i], wire.EventLive)
	}
	before := s.goroutines(t)
	way.Delay(delay)

	begun := time.Now()
	say(t, sockets[0], "one", wire.NewNonce())
	ack := awaitAck(t, sockets[0])
	if took := time.Since(begun); took < 2*delay {
		t.Errorf("acked after %v: there was no time to store it", took)
	}
	if log := logOf(t, c, "room"); len(log) != 1 || log[0].ID != ack {
		t.Errorf("acked as %v, the log has %v", ack, log)
	}

	calls := scriptCalls(t, server)
	way.Delay(time.Hour) // until all is said
	waiting := make([]map[wire.Nonce]bool, len(sockets))
	for i, ws := range sockets {
		waiting[i] = make(map[wire.Nonce]bool)
		for range 50 {
			nonce := wire.NewNonce()
			waiting[i][nonce] = true
			say(t, ws, "many", nonce)
		}
	}
	for i, ws := range sockets {
		awaitRead(t, ws, waiting[i])
	}
	if now := s.goroutines(t); now > before+40 {
		t.Errorf("%d goroutines, %d before", now, before)
	}
	way.Delay(delay)
	for i, ws := range sockets {
		awaitAcks(t, ws, "many", waiting[i])
	}
	if n := len(logOf(t, c, "room")); n != 501 {
		t.Errorf("%d messages are stored, want 501", n)
	}
	if n := scriptCalls(t, server) - calls; n > 50 {
		t.Errorf("%d round trips for 500 messages", n)
	}

	for i := range 5 { // rooms that nobody is in yet
		until(t, s.dial(t, fmt.Sprintf("/ws/chat/room%d/?since=0", i)), wire.EventLive)
	}
	until(t, s.dial(t, "/ws/chat/room/?since="+ack.String()), wire.EventLive)

	way.Delay(0)
	await(t, "a message is acked sooner than over the long way", func() (bool, any) {
		begun := time.Now()
		awaitAcks(t, sockets[0], "again", map[wire.Nonce]bool{sayNow(t, sockets[0], "again"): true})
		took := time.Since(begun)
		return took < 2*delay, took
	})
}

// sayNow says a text under a nonce of its own.
func sayNow(t *testing.T, ws *websocket.Conn, text string) wire.Nonce {
	t.Helper()
	nonce := wire.NewNonce()
	say(t, ws, text, nonce)
	return nonce
}

// awaitRead waits until wsd has read all that was said on the socket: it refuses what is
// no message only then. What it has refused because Redis is far away is said again.
func awaitRead(t *testing.T, ws *websocket.Conn, waiting map[wire.Nonce]bool) {
	t.Helper()
	if err := ws.Write(t.Context(), websocket.MessageText, []byte("no message")); err != nil {
		t.Fatal(err)
	}
	for {
		switch e := next(t, ws); {
		case e.Event == wire.EventRefused && e.Code == wire.CodeBadFrame:
			return
		case e.Event == wire.EventRefused && e.Code == wire.CodeUnavailable && waiting[e.Nonce]:
			say(t, ws, "many", e.Nonce)
		case e.Event == wire.EventRefused:
			t.Fatalf("refused: %+v", e)
		}
	}
}

// awaitAcks reads on until all of these nonces are acked. What is refused because Redis is
// far away for longer than a message waits is said again, as a page does.
func awaitAcks(t *testing.T, ws *websocket.Conn, text string, waiting map[wire.Nonce]bool) {
	t.Helper()
	for len(waiting) > 0 {
		switch e := next(t, ws); {
		case e.Event == wire.EventAck:
			delete(waiting, e.Nonce)
		case e.Event == wire.EventRefused && e.Code == wire.CodeUnavailable && waiting[e.Nonce]:
			say(t, ws, text, e.Nonce)
		case e.Event == wire.EventRefused:
			t.Fatalf("refused: %+v", e)
		}
	}
}

// awaitAck reads on to an ack; a refusal fails the test.
func awaitAck(t *testing.T, ws *websocket.Conn) wire.ID {
	t.Helper()
	for {
		switch e := next(t, ws); e.Event {
		case wire.EventAck:
			return e.ID
		case wire.EventRefused:
			t.Fatalf("refused: %+v", e)
		}
	}
}

// scriptCalls is how often Redis has run a script.
func scriptCalls(t *testing.T, server *redistest.Server) (calls int) {
	t.Helper()
	for line := range strings.Lines(server.Do("INFO", "commandstats")) {
		for _, command := range []string{"eval", "evalsha"} {
			var n int
			if _, err := fmt.Sscanf(line, "cmdstat_"+command+":calls=%d", &n); err == nil {
				calls += n
			}
		}
	}
	return calls
}
