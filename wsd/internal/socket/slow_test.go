package socket

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"chatter/shared/wire"
)

// A client that joins a room that is loaded gets the answer and all that it lacks in one
// write: on a Unix socket what was written at once can be read at once.
func TestHandshake_IsAnsweredTogetherWithTheFirstFrames(t *testing.T) {
	f := newFixture(t)
	f.dial("/ws/chat/room/?since=0").until("live")
	r := rawDial(t, f, "/ws/chat/room/?since=0")
	frame, err := r.Peek(r.Buffered())
	if err != nil || !strings.Contains(string(frame), "live") {
		t.Errorf("with the answer came %q, %v", frame, err)
	}
}

// A client that joins a room that cannot be loaded gets the answer to its handshake at
// once, and the rest later.
func TestHandshake_DoesNotWaitForTheRoom(t *testing.T) {
	f := newFixture(t)
	f.log.mu.Lock()
	r := rawDial(t, f, "/ws/chat/room/?since=0")
	n := r.Buffered()
	f.log.mu.Unlock()
	if n != 0 {
		t.Errorf("%d bytes about a room that is not loaded", n)
	}
	if _, payload, err := readFrame(r); err != nil || !strings.Contains(string(payload), "live") {
		t.Errorf("then came %q, %v", payload, err)
	}
}

func TestReaderThatStops_IsClosedAsTooSlowWhileTheOthersGoOn(t *testing.T) {
	// The test may be slow itself; the peer is not to be given up for that.
	f := newFixture(t, func(o *Options) { o.StallTimeout = time.Hour })
	slow := rawDial(t, f, "/ws/chat/room/?since=0")
	fast := f.dial("/ws/chat/room/?since=0")
	fast.until("live")

	// More than the kernel's buffers (some 200 KiB) and the tail hold.
	const said = 300
	long := strings.Repeat("\U0001F600", 1990)
	for i := range said {
		f.say(t, fmt.Sprint(i, " ", long))
		if e := fast.until("message"); !strings.HasPrefix(e.Message, fmt.Sprint(i, " ")) {
			t.Fatalf("message %d is %.20q", i, e.Message)
		}
	}

	// The slow one reads at last: a run of whole frames, then why it ends.
	next, events := 0, 0
	for {
		op, payload, err := readFrame(slow)
		if err != nil {
			t.Fatalf("after %d messages: %v, want a close frame", next, err)
		}
		if op == 0x88 {
			if code := wire.CloseCode(binary.BigEndian.Uint16(payload)); code != wire.CloseTooSlow {
				t.Errorf("closed with %d, want %d", code, wire.CloseTooSlow)
			}
			break
		}
		e, err := wire.ParseEvent(payload)
		if err != nil {
			t.Fatalf("frame %.40q: %v", payload, err)
		}
		events++
		if e.Event != "message" {
			continue
		}
		if !strings.HasPrefix(e.Message, fmt.Sprint(next, " ")) {
			t.Fatalf("message %d is %.20q", next, e.Message)
		}
		next++
	}
	if next == 0 || next == said {
		t.Errorf("the slow one got %d of %d messages before it was closed", next, said)
	}
	if n := f.hub.Counts().TooSlow.Load(); n != 1 {
		t.Errorf("%d members counted as too slow, want one", n)
	}
}

func TestSilentPeer_IsCutAfterThePingTimeout(t *testing.T) {
	f := newFixture(t)
	hub := f.hub
	r := rawDial(t, f, "/ws/chat/room/?since=0")
	if _, _, err := readFrame(r); err != nil {
		t.Fatal(err)
	}
	// The sweep with a clock of our own: the peer never answers the ping.
	hub.Sweep(time.Now().Add(61 * time.Second))
	op, _, err := readFrame(r)
	if err != nil || op != 0x89 {
		t.Fatalf("frame %#x, %v; want a ping", op, err)
	}
	hub.Sweep(time.Now().Add(122 * time.Second))
	if _, _, err := readFrame(r); err == nil {
		t.Error("the socket goes on")
	}
	eventually(t, "the socket is gone", func() bool { return f.server.Open() == 0 })
}
