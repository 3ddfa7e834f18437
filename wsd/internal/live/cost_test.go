package live

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
)

// hangLimit is after how long a test says that something hangs.
const hangLimit = 2 * time.Minute

// sink is a Conn that takes everything and keeps nothing.
type sink struct{ writes, bytes int }

func (s *sink) TryWrite(p []byte) (int, error) {
	s.writes++
	s.bytes += len(p)
	return len(p), nil
}

func (s *sink) Write(p []byte) error { _, err := s.TryWrite(p); return err }
func (s *sink) Linger()              {}
func (s *sink) Abort()               {}

// tally is a sink that counts its writes together with others.
type tally struct {
	sink
	all *atomic.Int64
}

func (c *tally) TryWrite(p []byte) (int, error) {
	c.all.Add(1)
	return c.sink.TryWrite(p)
}

// nowhere is a Source of which nothing comes.
type nowhere struct{}

func (nowhere) Watch(name.Room)   {}
func (nowhere) Unwatch(name.Room) {}
func (nowhere) Refresh(name.Room) {}

// crowd is a room with n members that lack nothing, and an entry that could follow.
func crowd(t testing.TB, n int) (r *room, members []*Member, next func() []wire.Entry) {
	return crowdOf(t, n, func() Conn { return new(sink) })
}

// crowdOf is a crowd on connections that the test has made.
func crowdOf(t testing.TB, n int, conn func() Conn) (r *room, members []*Member, next func() []wire.Entry) {
	h := NewHub(Options{
		Source: nowhere{}, Sessions: new(fakeSessions), PingInterval: time.Hour, PingTimeout: time.Hour,
		Retention: day, Now: time.Now,
		Spread: func(int) time.Duration { return time.Second },
	})
	t.Cleanup(h.Close)
	room := roomNamed(t, "x")
	for range n {
		m := NewMember(conn(), Events, time.Now())
		h.Join(room, m, Newest())
		members = append(members, m)
	}
	h.Reset(room, nil, nil, true)
	r = h.find(room.Key())
	for deadline := time.Now().Add(hangLimit); joinedMembers(r) < n; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d are in", joinedMembers(r), n)
		}
	}
	id := wire.ID{Ms: uint64(time.Now().UnixMilli())}
	entries := []wire.Entry{{Text: "about as long as what people say to each other when they have the time to"}}
	return r, members, func() []wire.Entry {
		id.Seq++
		entries[0].ID = id
		return entries
	}
}

func joinedMembers(r *room) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.members)
}

// A message allocates its frame, a view, the goroutines' own.
const perMessage = 12

// A delivery allocates nothing, and a message a few things, however many members it goes
// to, and whether the goroutine that delivers or others write to them.
func TestCost_Allocations(t *testing.T) {
	for _, n := range []int{1, inlineMembers, inlineMembers + 1, 2000} {
		var written atomic.Int64
		r, _, next := crowdOf(t, n, func() Conn { return &tally{all: &written} })
		say := func() {
			to := written.Load() + int64(n)
			r.hub.Deliver(r.name, next())
			r.hub.Flush(r.name)
			for deadline := time.Now().Add(hangLimit); written.Load() < to; runtime.Gosched() {
				if time.Now().After(deadline) {
					t.Fatalf("%d of %d members have not been written to", to-written.Load(), n)
				}
			}
		}
		for i := range 2 * maxTailFrames { // the tail's memory has its final size
			if r.deliver(next()); i%100 == 0 {
				say()
			}
		}
		say()
		allocs := testing.AllocsPerRun(1000, say)
		if allocs > perMessage {
			t.Errorf("a message to %d members allocates %v times, want at most %d", n, allocs, perMessage)
		}
		t.Logf("%d members: %v allocations a message", n, allocs)
	}
}

func TestCost_AMemberHasNoGoroutine(t *testing.T) {
	_, _, _ = crowd(t, 1)
	before := runtime.NumGoroutine()
	r, members, next := crowd(t, 1000)
	r.deliver(next())
	for _, m := range members {
		m.Flush()
	}
	// A hub has some of its own, and those that admit members may not be gone yet.
	for deadline := time.Now().Add(hangLimit); runtime.NumGoroutine() > before+10; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines for 1000 members", runtime.NumGoroutine()-before)
		}
	}
}

func BenchmarkFlush(b *testing.B) {
	r, members, next := crowd(b, 1000)
	b.ReportAllocs()
	for b.Loop() {
		r.deliver(next())
		for _, m := range members {
			m.Flush()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(members)), "ns/delivery")
}

// A join with the page of messages that it is sent, and the leave.
func BenchmarkJoin(b *testing.B) {
	for _, size := range []int{10, 10_000} {
		b.Run(map[int]string{10: "small", 10_000: "large"}[size], func(b *testing.B) {
			r, _, next := crowd(b, size)
			page := 0
			for range wire.HistoryPage {
				entries := next()
				page += len(wire.AppendMessage(nil, entries[0].ID, entries[0].Text))
				r.deliver(entries)
			}
			var s *sink
			b.ReportAllocs()
			for b.Loop() {
				s = new(sink)
				m := NewMember(s, Events, time.Now())
				r.hub.Join(r.name, m, Newest())
				r.hub.Leave(m)
			}
			if s.bytes < page {
				b.Fatalf("the new member was sent %d bytes, a page has %d", s.bytes, page)
			}
		})
	}
}

func BenchmarkFrame(b *testing.B) {
	payload := wire.AppendMessage(nil, wire.ID{Ms: 1_700_000_000_000}, "hello")
	var frame []byte
	b.ReportAllocs()
	for b.Loop() {
		frame = appendFrame(frame[:0], opText, payload)
	}
}
