package socket

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"chatter/shared/wire"
)

// floods are what a peer sends again and again.
func floods() map[string][]byte {
	return map[string][]byte{
		"pings":           bytes.Repeat(frameOf(0x89, 0), 50),
		"pongs":           bytes.Repeat(frameOf(0x8a, 0), 50),
		"empty fragments": bytes.Repeat(frameOf(0x00, 0), 50),
		"long messages":   frameOf(0x82, 64<<10),
		"short fragments": bytes.Repeat(frameOf(0x00, 50), 50),
	}
}

// Each kind of frame counts. The peer is told why it is closed, and others go on.
func TestFlood_OfAnyKindOfFramesIsClosed(t *testing.T) {
	for what, flood := range floods() {
		t.Run(what, func(t *testing.T) {
			f := newFixture(t)
			other := f.dial("/ws/chat/room/?since=0")
			other.until("live")
			raw, conn := rawConn(t, f, "/ws/chat/room/?since=0")
			if flood[0] == 0x00 { // it belongs to a message
				if _, err := conn.Write(frameOf(0x01, 0)); err != nil {
					t.Fatal(err)
				}
			}
			sending := make(chan struct{})
			go func() {
				defer close(sending)
				for {
					if _, err := conn.Write(flood); err != nil {
						return
					}
				}
			}()
			if code := closeCode(t, raw); code != wire.CloseFlooding {
				t.Errorf("closed with %d", code)
			}
			conn.Close()
			<-sending
			eventually(t, "it is counted", func() bool { return f.server.Counts().Flooding.Load() == 1 })
			if got := f.server.Counts().Closes[wire.CloseFlooding].Load(); got != 1 {
				t.Errorf("%d sockets were closed with 1008, want 1", got)
			}
			other.say("fine")
			if e := other.until("message"); e.Message != "fine" {
				t.Errorf("%+v", e)
			}
		})
	}
}

// Frames that come together with the handshake count as well.
func TestFlood_WithTheHandshakeIsClosed(t *testing.T) {
	f := newFixture(t)
	conn := dialUnix(t, unixServer(t, f.server))
	raw := upgrade(t, conn, append(handshake(t, f, "/ws/chat/room/?since=0"), bytes.Repeat(frameOf(0x8a, 0), frameBurst+1)...))
	if code := closeCode(t, raw); code != wire.CloseFlooding {
		t.Errorf("closed with %d", code)
	}
	counts := f.server.Counts()
	eventually(t, "its end is counted", func() bool { return counts.Flooding.Load()+counts.Unclean.Load() == 1 })
	if n := counts.Flooding.Load(); n != 1 {
		t.Errorf("%d floods are counted, want 1", n)
	}
}

// A socket that is refused more often than not is closed in the end, although some of its
// messages are allowed in between.
func TestOverruns_AnAllowedMessageForgivesOneRefusal(t *testing.T) {
	var even, flood overruns
	for i := range 10 * maxOverruns {
		even.allowed()
		if even.refused() {
			t.Fatalf("closed after %d refusals, each with an allowed message before it", i+1)
		}
	}
	closed := 0
	for refused := 1; closed == 0 && refused < 10*maxOverruns; refused++ {
		if flood.refused() {
			closed = refused
		}
		if refused%4 == 0 {
			flood.allowed()
		}
	}
	if want := (maxOverruns + 1) * 4 / 3; closed != want {
		t.Errorf("with one message in five allowed, closed after %d refusals, want %d", closed, want)
	}
}

// closeCode reads frames up to the close frame, and returns its code.
func closeCode(t *testing.T, r io.Reader) wire.CloseCode {
	t.Helper()
	for {
		op, payload, err := readFrame(r)
		if err != nil {
			t.Fatalf("no close frame: %v", err)
		}
		if op == 0x88 {
			return wire.CloseCode(binary.BigEndian.Uint16(payload))
		}
	}
}

// A peer that sends pings and reads no pongs is closed as too slow, and nothing of it is
// kept.
func TestFlood_OfPingsWhosePongsAreNotRead(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.Unlimited = true })
	_, conn := rawConn(t, f, "/ws/chat/room/?since=0")
	pings := bytes.Repeat(frameOf(0x89, 125), 50)
	for {
		if _, err := conn.Write(pings); err != nil {
			break
		}
	}
	if got := f.hub.Counts().TooSlow.Load(); got != 1 {
		t.Errorf("%d members were too slow, want 1", got)
	}
	eventually(t, "its socket is gone", func() bool { return f.server.Open() == 0 })
	eventually(t, "nothing waits for it", func() bool { return f.hub.Waiting() == 0 })
	if got := f.server.Counts().Closes[wire.CloseTooSlow].Load(); got != 1 {
		t.Errorf("%d sockets were closed with 4408, want 1", got)
	}
}
