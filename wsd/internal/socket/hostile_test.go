package socket

import (
	"encoding/binary"
	"net/http"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"

	"chatter/shared/wire"

	"github.com/coder/websocket"
)

// masked is a client's text frame, with a mask of zeroes (RFC 6455 section
// 5.3 allows any).
func masked(text string) []byte {
	frame := []byte{0x81, 0x80 | 126, 0, 0, 0, 0, 0, 0}
	binary.BigEndian.PutUint16(frame[2:], uint16(len(text)))
	return append(frame, text...)
}

func TestHostile_AFrameAByteAtATime(t *testing.T) {
	f := newFixture(t)
	other := f.dial("/ws/chat/room/?since=0")
	other.until("live")
	raw, conn := rawConn(t, f, "/ws/chat/room/?since=0")
	if _, _, err := readFrame(raw); err != nil {
		t.Fatal(err)
	}
	frame := masked(`{"command":"new_message","message":"slowly","nonce":"slowly-slowly-slowly"}`)
	for i := range frame {
		if _, err := conn.Write(frame[i : i+1]); err != nil {
			t.Fatal(err)
		}
		if i == len(frame)/2 { // the others go on meanwhile
			other.say("quickly")
			if e := other.until("message"); e.Message != "quickly" {
				t.Errorf("%+v", e)
			}
		}
	}
	if e := other.until("message"); e.Message != "slowly" {
		t.Errorf("%+v", e)
	}
}

func TestPongs_BetweenEverything(t *testing.T) {
	f := newFixture(t)
	other := f.dial("/ws/chat/room/?since=0")
	other.until("live")
	raw, conn := rawConn(t, f, "/ws/chat/room/?since=0")
	if _, _, err := readFrame(raw); err != nil {
		t.Fatal(err)
	}
	say := func(text string) []byte {
		return masked(`{"command":"new_message","message":"` + text + `","nonce":"` + string(wire.NewNonce()) + `"}`)
	}
	empty := []byte{0x8a, 0x80, 0, 0, 0, 0}
	long := append([]byte{0x8a, 0x80 | 125, 1, 2, 3, 4}, make([]byte, 125)...)
	fragmented := say("in two parts")
	half := len(fragmented) / 2
	first := masked(string(fragmented[8:half]))
	first[0] = 0x01 // text, not final
	last := masked(string(fragmented[half:]))
	last[0] = 0x80 // continuation, final
	for _, written := range [][]byte{
		empty,
		slices.Concat(empty, long, say("after pongs"), empty),
		long[:7], slices.Concat(long[7:], say("after a torn pong")),
		slices.Concat(long, empty[:1]), slices.Concat(empty[1:], say("after another")),
		first, empty, slices.Concat(long, last, empty),
	} {
		if _, err := conn.Write(written); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"after pongs", "after a torn pong", "after another", "in two parts"}
	if got := other.messages(len(want)); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}

	for name, frame := range map[string][]byte{
		"unmasked pong": {0x8a, 0}, "long pong": {0x8a, 0x80 | 126, 1, 0, 0, 0, 0, 0}, "pong with reserved bits": {0x9a, 0x80, 0, 0, 0, 0},
	} {
		raw, conn := rawConn(t, f, "/ws/chat/room/?since=0")
		if _, _, err := readFrame(raw); err != nil {
			t.Fatal(err)
		}
		before := f.server.Open()
		if _, err := conn.Write(frame); err != nil {
			t.Fatal(err)
		}
		eventually(t, name+" ends it", func() bool { return f.server.Open() < before })
	}
}

func TestHostile_ProtocolErrors(t *testing.T) {
	f := newFixture(t)
	other := f.dial("/ws/chat/room/?since=0")
	other.until("live")
	for name, frame := range map[string][]byte{
		"unmasked":           {0x81, 1, 'x'},
		"reserved bits":      {0xf1, 0x80, 0, 0, 0, 0},
		"unknown opcode":     {0x83, 0x80, 0, 0, 0, 0},
		"fragmented control": {0x09, 0x80, 0, 0, 0, 0},
		"long control":       {0x89, 0x80 | 126, 1, 0, 0, 0, 0, 0},
		"endless length":     {0x81, 0x80 | 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0},
	} {
		_, conn := rawConn(t, f, "/ws/chat/room/?since=0")
		if _, err := conn.Write(frame); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		conn.Close()
	}
	eventually(t, "only the other one is left", func() bool { return f.server.Open() == 1 })
	other.say("fine")
	if e := other.until("message"); e.Message != "fine" {
		t.Errorf("%+v", e)
	}
}

// A thousand come and leave, half of them without a word.
func TestHostile_AStormLeavesNothingBehind(t *testing.T) {
	f := newFixture(t)
	stays := f.dial("/ws/chat/room/?since=0")
	stays.until("live")
	// Joined by TCP, so that no pool of the client's side counts.
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	var storm sync.WaitGroup
	for range 20 {
		storm.Go(func() {
			for i := range 50 {
				ws, _, err := websocket.Dial(t.Context(), f.http.URL+"/ws/chat/room/?since=0", &websocket.DialOptions{
					HTTPHeader: f.header(), Subprotocols: []string{wire.Subprotocol},
				})
				if err != nil {
					t.Error(err)
					return
				}
				if i%2 == 0 {
					_ = ws.Close(websocket.StatusGoingAway, "")
				} else {
					_ = ws.CloseNow()
				}
			}
		})
	}
	storm.Wait()
	http.DefaultClient.CloseIdleConnections()
	// A client may have come and gone before the server has counted it.
	eventually(t, "all have come", func() bool { return f.server.Counts().Accepted.Load() == 1001 })
	eventually(t, "the sockets are gone", func() bool { return f.server.Open() == 1 })
	eventually(t, "the goroutines are gone", func() bool { return runtime.NumGoroutine() <= goroutines+5 })
	eventually(t, "the descriptors are gone", func() bool { return openFiles(t) <= files+5 })
	stays.say("still here")
	if e := stays.until("message"); e.Message != "still here" {
		t.Errorf("%+v", e)
	}
}

// One that sends as fast as it can is held to its rate, then closed; the
// others' messages go on.
func TestHostile_AFloodCostsOnlyItself(t *testing.T) {
	f := newFixture(t)
	f.log.held = make(chan struct{}) // nothing is stored: what it sends piles up, to a bound
	flood := f.dial("/ws/chat/room/?since=0")
	flood.until("live")
	sent := make(chan int)
	go func() {
		n := 0
		for range 10_000 {
			if flood.ws.Write(t.Context(), websocket.MessageText,
				[]byte(`{"command":"new_message","message":"x","nonce":"`+string(wire.NewNonce())+`"}`)) != nil {
				break
			}
			n++
		}
		sent <- n
	}()
	eventually(t, "it is not read any more", func() bool { return f.server.pending.Load() == maxUnstored })
	other := f.dial("/ws/chat/room/?since=0")
	other.until("live")
	if n := f.server.pending.Load(); n != maxUnstored {
		t.Errorf("%d messages are on their way, want at most %d", n, maxUnstored)
	}
	_ = flood.ws.CloseNow()
	<-sent
	close(f.log.held)
	f.log.mu.Lock()
	f.log.held = nil
	f.log.mu.Unlock()
	eventually(t, "what it sent is done with", func() bool { return f.server.pending.Load() == 0 })
}

func openFiles(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc")
	}
	return len(entries)
}
