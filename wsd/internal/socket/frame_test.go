package socket

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"chatter/shared/wire"
)

// longSay is the frame of a message that is read in steps.
func longSay(text string) []byte {
	return masked(fmt.Sprintf(`{"command":"new_message","message":"%s","nonce":"%s"}`, text, wire.NewNonce()))
}

// Frames that are begun and not ended hold so much memory together, and no more. Short
// messages go on meanwhile, and long ones when there is room again.
func TestFrame_UnfinishedOnesAreBounded(t *testing.T) {
	const most = 200 << 10 // one frame of 64 KiB has up to 128 KiB
	f := newFixture(t, func(o *Options) { o.MaxReading, o.FrameTimeout = most, time.Hour })
	begin := func() (net.Conn, func() wire.CloseCode) {
		raw, conn := rawConn(t, f, "/ws/chat/room/?since=0")
		if _, err := conn.Write(frameOf(0x81, 60_000)[:59_000]); err != nil {
			t.Fatal(err)
		}
		return conn, func() wire.CloseCode { return closeCode(t, raw) }
	}
	first, _ := begin()
	eventually(t, "the first has its buffer", func() bool { return f.server.Reading() > 59_000 })
	_, code := begin()
	if code := code(); code != wire.CloseOverloaded {
		t.Errorf("the second is closed with %d", code)
	}
	eventually(t, "it is counted", func() bool { return f.server.Counts().NoMemory.Load() == 1 })
	if got := f.server.Reading(); got < 59_000 || got > most {
		t.Errorf("%d bytes are held", got)
	}
	other := f.dial("/ws/chat/room/?since=0")
	other.until("live")
	other.say("short")
	if e := other.until("message"); e.Message != "short" {
		t.Errorf("%+v", e)
	}
	first.Close()
	eventually(t, "nothing is held", func() bool { return f.server.Reading() == 0 })
	long := strings.Repeat("x", 1900)
	other.say(long + strings.Repeat(" ", 50_000))
	if e := other.until("message"); e.Message != long {
		t.Errorf("got %d bytes", len(e.Message))
	}
	eventually(t, "nothing is held", func() bool { return f.server.Reading() == 0 })
}

func TestFrame_ThatIsNotFinishedInTimeEndsTheSocket(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.FrameTimeout = 50 * time.Millisecond })
	_, conn := rawConn(t, f, "/ws/chat/room/?since=0")
	_, short := rawConn(t, f, "/ws/chat/room/?since=0")
	if _, err := short.Write(frameOf(0x81, 100)[:50]); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(frameOf(0x81, 60_000)[:30_000]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "only the one that has begun a short frame is left", func() bool { return f.server.Open() == 1 })
	if got := f.server.Reading(); got != 0 {
		t.Errorf("%d bytes are held", got)
	}
}

// The time for a frame ends with the frame. After a close the peer has the time of the close,
// however many frames it sends then.
func TestFrame_DeadlineEndsWithIt(t *testing.T) {
	f := newFixture(t)
	c, clock, _ := pair(t, f, time.Now())
	c.setReadDeadline(time.Now().Add(time.Hour))
	if time.Until(clock.until) < time.Minute {
		t.Errorf("a frame may take until %v", clock.until)
	}
	c.setReadDeadline(time.Time{})
	if !clock.until.IsZero() {
		t.Errorf("after the frame, reading ends at %v", clock.until)
	}
	c.Linger()
	closing := clock.until
	for _, until := range []time.Time{time.Now().Add(time.Hour), {}} {
		if c.setReadDeadline(until); clock.until != closing {
			t.Errorf("the close waits until %v, and since a frame until %v", closing, clock.until)
		}
	}
}

func TestFrame_DeadlineDoesNotReplaceThatOfACloseMeanwhile(t *testing.T) {
	f := newFixture(t)
	c, clock, _ := pair(t, f, time.Now())
	clock.before = func() { c.member.Close(wire.CloseRestart, "") }
	c.setReadDeadline(time.Now().Add(time.Hour))
	if until := time.Until(clock.until); until > lingerTimeout {
		t.Errorf("the close waits for %v", until)
	}
}

// Messages on their way to the log are counted in bytes. When there are too many, the next
// one is refused for a moment, whoever says it.
func TestFrame_MessagesOnTheirWayAreBounded(t *testing.T) {
	f := newFixture(t)
	f.log.held = make(chan struct{})
	c := f.dial("/ws/chat/room/?since=0")
	c.until("live")
	c.say("hello")
	want := int64(appendBytes + len("hello"))
	eventually(t, "the message is counted", func() bool { return f.server.Storing() == want })
	f.server.storing.Add(maxStoring)
	nonce := c.say("one too many")
	if e := c.until("refused"); e.Nonce != nonce || e.Code != wire.CodeUnavailable || e.RetryAfter == 0 {
		t.Errorf("%+v", e)
	}
	f.server.storing.Add(-maxStoring)
	close(f.log.held)
	c.until("ack")
	eventually(t, "nothing is on its way", func() bool { return f.server.Storing() == 0 })
	c.say("again")
	if e := c.until("ack"); e.Event != wire.EventAck {
		t.Errorf("%+v", e)
	}
}

// The pool of buffers keeps no long ones.
func TestFrame_BuffersInThePoolAreShort(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.Unlimited = true })
	_, conn := rawConn(t, f, "/ws/chat/room/?since=0")
	for range 20 {
		if _, err := conn.Write(longSay(strings.Repeat("x", 1000) + strings.Repeat(" ", 30_000))); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all are said", func() bool { return len(f.said("room")) == 20 })
	for range 100 {
		if buf := buffers.Get().(*[]byte); cap(*buf) > smallFrame {
			t.Fatalf("the pool has a buffer of %d bytes", cap(*buf))
		}
	}
	if !bytes.Equal(bytes.TrimSpace([]byte(f.said("room")[0])), bytes.Repeat([]byte("x"), 1000)) {
		t.Error("the text is another one")
	}
}
