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
// short again, so are the answers.
func TestSlow_RedisFarAway(t *testing.T) {
	t.Parallel()
	const delay = 100 * time.Millisecond
	server := redistest.Start(t)
	c := server.Client()
	defer c.Close()
	way := server.Remote()
	s := startProcess(t, way.URL, "--say-rate", "0")
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
	for _, ws := range sockets {
		for range 50 {
			say(t, ws, "many", wire.NewNonce())
		}
	}
	if now := s.goroutines(t); now > before+40 {
		t.Errorf("%d goroutines, %d before", now, before)
	}
	for _, ws := range sockets {
		for range 50 {
			awaitAck(t, ws)
		}
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
	quickest := time.Hour
	for range 10 {
		begun := time.Now()
		say(t, sockets[0], "again", wire.NewNonce())
		awaitAck(t, sockets[0])
		quickest = min(quickest, time.Since(begun))
	}
	if quickest > delay {
		t.Errorf("acked after %v at best", quickest)
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
