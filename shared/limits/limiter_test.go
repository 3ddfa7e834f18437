package limits

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

var testKey = []byte("a key of 32 bytes for these tests")

// network is the network of a client with this address.
func network(address string) Network {
	return NewClasses(nil).NetworkOf(request("", address))
}

func newLimiter(f Figures) *Limiter {
	return New(Options{Figures: f, Classes: NewClasses(nil), Key: testKey})
}

// old is when sessions were issued that have all of their rate.
var old = start.Add(-time.Hour)

// say is a short message of a session in a network, which has been there for an hour.
func say(address, session, room string) Message {
	return Message{Guest: Guest{network(address), session, old}, Room: room, Bytes: 5}
}

// burst says as much as is allowed at once.
func burst(l *Limiter, m Message, now time.Time) (n int) {
	for l.Say(m, now) == 0 {
		n++
	}
	return n
}

func TestSay_SlowStart(t *testing.T) {
	for _, test := range []struct {
		age   time.Duration
		burst int
		wait  time.Duration // for the one after
	}{
		{-time.Minute, 3, 2 * time.Second},
		{0, 3, 2 * time.Second},
		{29 * time.Second, 3, 34 * time.Millisecond},
		{30 * time.Second, 4, time.Second},
		{2 * time.Minute, 7, 400 * time.Millisecond},
		{270 * time.Second, 12, 200 * time.Millisecond},
		{510 * time.Second, 20, 200 * time.Millisecond},
		{29 * 24 * time.Hour, 20, 200 * time.Millisecond},
	} {
		l := newLimiter(ForSockets(5, 20))
		m := Message{Guest: Guest{network("198.51.100.1"), "a", start.Add(-test.age)}, Room: "room"}
		if n := burst(l, m, start); n != test.burst {
			t.Errorf("age %v: %d at once, want %d", test.age, n, test.burst)
		}
		if wait := l.Say(m, start); wait != test.wait {
			t.Errorf("age %v: wait %v, want %v", test.age, wait, test.wait)
		}
		if l.Say(m, start.Add(test.wait)) > 0 {
			t.Errorf("age %v: refused after the wait", test.age)
		}
	}
}

func TestSay_FlagsAreTheMost(t *testing.T) {
	l := newLimiter(ForSockets(0.25, 2))
	m := say("198.51.100.1", "a", "room")
	if n, wait := burst(l, m, start), l.Say(m, start); n != 2 || wait != 4*time.Second {
		t.Errorf("%d at once, then wait %v; want 2 and 4s", n, wait)
	}
	l = newLimiter(ForSockets(0, 2))
	if n := burst(l, m, start); n != 200 {
		t.Errorf("without a rate for sessions %d at once, want the 200 of a room", n)
	}
}

func TestSay_CostsBytes(t *testing.T) {
	for _, test := range []struct{ bytes, burst int }{
		{0, 20}, {1023, 20}, {1024, 10}, {2048, 6}, {8192, 2}, {40 << 10, 1},
	} {
		m := say("198.51.100.1", "a", "room")
		m.Bytes = test.bytes
		if n := burst(newLimiter(ForSockets(5, 20)), m, start); n != test.burst {
			t.Errorf("%d bytes: %d at once, want %d", test.bytes, n, test.burst)
		}
	}
	// A new session has fewer tokens than the longest message costs, and may say it once.
	l := newLimiter(ForSockets(5, 20))
	m := Message{Guest: Guest{network("198.51.100.1"), "a", start}, Room: "room", Bytes: 8192}
	if n, wait := burst(l, m, start), l.Say(m, start); n != 1 || wait != 18*time.Second {
		t.Errorf("%d at once, then wait %v; want 1 and 18s", n, wait)
	}
}

func TestSay_ARefusalCostsNothing(t *testing.T) {
	l := newLimiter(ForSockets(1, 1))
	m := say("198.51.100.1", "a", "room")
	for i, wait := range []time.Duration{0, time.Second, time.Second, time.Second} {
		if got := l.Say(m, start); got != wait {
			t.Errorf("ask %d: wait %v, want %v", i, got, wait)
		}
	}
	if wait := l.Say(m, start.Add(-time.Minute)); wait != time.Second {
		t.Errorf("a clock that steps back: wait %v", wait)
	}
	if wait := l.Say(m, start.Add(time.Second)); wait != 0 {
		t.Errorf("after a second: wait %v", wait)
	}
}

func TestSay_AMessageThatIsRefusedAnywayCountsForItsSession(t *testing.T) {
	l := newLimiter(ForSockets(5, 20))
	m := say("198.51.100.1", "a", "")
	if n := burst(l, m, start); n != 20 {
		t.Errorf("%d at once, want 20", n)
	}
	if len(l.rooms.entries) != 0 {
		t.Error("it counts for a room")
	}
}

func TestSay_FirstMessagesIntoEmptyRooms(t *testing.T) {
	l := newLimiter(ForSockets(0, 20))
	first := func(address string, i int, at time.Time) time.Duration {
		m := say(address, "a", fmt.Sprint("room ", i))
		m.Empty = true
		return l.Say(m, at)
	}
	for i := range 30 {
		if first("198.51.100.1", i, start) != 0 {
			t.Fatalf("room %d is refused", i)
		}
	}
	if wait := first("198.51.100.1", 30, start); wait != 6*time.Second {
		t.Errorf("one more: wait %v, want 6s", wait)
	}
	if wait := l.Say(say("198.51.100.1", "a", "room 1"), start); wait != 0 {
		t.Errorf("in a room that is not empty: wait %v", wait)
	}
	if wait := first("203.0.113.1", 30, start); wait != 0 {
		t.Errorf("another class: wait %v", wait)
	}
	if wait := first("198.51.100.1", 31, start.Add(6*time.Second)); wait != 0 {
		t.Errorf("after the wait: wait %v", wait)
	}
}

func TestSignIn(t *testing.T) {
	l := newLimiter(ForPages(5, 20))
	office, other := network("198.51.100.1"), network("198.51.100.2")
	for i := range 600 {
		if l.SignIn(office, start) != 0 {
			t.Fatalf("guest %d is refused", i)
		}
	}
	if wait := l.SignIn(office, start); wait != time.Second {
		t.Errorf("one more: wait %v, want a second", wait)
	}
	if wait := l.SignIn(other, start); wait != 0 {
		t.Errorf("another class: wait %v", wait)
	}
	if wait := l.SignIn(office, start.Add(time.Second)); wait != 0 {
		t.Errorf("after the wait: wait %v", wait)
	}
}

func TestLimiter_Off(t *testing.T) {
	l := New(Options{Off: true})
	for range 1000 {
		if l.Say(say("198.51.100.1", "a", "room"), start) != 0 || l.SignIn(network("198.51.100.1"), start) != 0 {
			t.Fatal("refused")
		}
	}
	for _, r := range Reasons {
		if n := l.Refused(r); n != 0 {
			t.Errorf("%v: %d", r, n)
		}
	}
}

func TestLimiter_CountsRefusals(t *testing.T) {
	l := newLimiter(ForSockets(5, 2))
	for range 3 {
		l.Say(say("198.51.100.1", "a", "room"), start)
	}
	for range 602 {
		l.SignIn(network("198.51.100.1"), start)
	}
	for reason, want := range map[Reason]int64{BySession: 1, BySignIn: 2, ByClass: 0, ByRoom: 0, ByFirst: 0} {
		if got := l.Refused(reason); got != want {
			t.Errorf("%v: %d, want %d", reason, got, want)
		}
	}
}

func TestLimiter_Concurrent(t *testing.T) {
	l := newLimiter(ForSockets(5, 100))
	m := say("198.51.100.1", "a", "room")
	m.Guest.Since = start.Add(-24 * time.Hour)
	var said [8]int
	var wg sync.WaitGroup
	for i := range said {
		wg.Go(func() { said[i] = burst(l, m, start) })
	}
	wg.Wait()
	sum := 0
	for _, n := range said {
		sum += n
	}
	if sum != 100 {
		t.Errorf("%d said, want the burst of 100", sum)
	}
}

func BenchmarkSay(b *testing.B) {
	l := newLimiter(ForSockets(1e6, 1e6))
	l.figures.Room = Rate{1e9, 1e9}
	l.figures.ClassInRoom = Rate{1e9, 1e9}
	l.Say(say("203.0.113.1", "b", "room"), start)
	m, now := say("198.51.100.1", "a", "room"), start
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Millisecond)
		l.Say(m, now)
	}
}
