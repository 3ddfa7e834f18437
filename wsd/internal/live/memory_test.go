package live

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"chatter/shared/name"
	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
)

// held is what the rooms of h hold, counted anew.
func held(h *Hub) (bytes int64) {
	for _, r := range h.all() {
		r.mu.Lock()
		bytes += roomBytes + int64(cap(r.tail.buf)+cap(r.tail.scratch)) + int64(cap(r.tail.marks))*int64(unsafe.Sizeof(mark{}))
		r.mu.Unlock()
	}
	return bytes
}

// After each change of a room, the count is the sum of what they hold, and it does not pass
// the bound.
func TestMemory_CountIsTheSum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 200 << 10
		h, log := newHubIn(t, 32<<10, limit, 0)
		feed := h.NewFeed()
		rng := rand.New(rand.NewPCG(1, 1))
		var rooms []name.Room
		for i := range 20 {
			rooms = append(rooms, roomNamed(t, fmt.Sprint("room ", i)))
		}
		var members []*Member
		for step := range 1000 {
			n := rooms[rng.IntN(len(rooms))]
			switch op := rng.IntN(20); {
			case op < 12:
				log.append(n, strings.Repeat("x", 1+rng.IntN(3000)))
			case op < 15:
				m, _ := join(h, n, Newest(), -1)
				members = append(members, m)
			case op < 17 && len(members) > 0:
				i := rng.IntN(len(members))
				h.Leave(members[i])
				members = append(members[:i], members[i+1:]...)
			case op == 17:
				time.Sleep(time.Duration(rng.IntN(3)) * unloadAfter / 2)
			case op == 18 && rng.IntN(10) == 0:
				time.Sleep(day / 2)
			case op == 19:
				feed.Publish(make([]byte, rng.IntN(1000)))
			}
			synctest.Wait()
			if got, want := h.Held(), held(h); got != want || got > limit {
				t.Fatalf("step %d: counted %d bytes, want the %d that are held, and at most %d", step, got, want, limit)
			}
		}
		if h.counts.GivenUp.Load() == 0 {
			t.Error("no tail was given up")
		}
		for _, m := range members {
			h.Leave(m)
		}
		feed.Clear()
		time.Sleep(2 * unloadAfter)
		synctest.Wait()
		if got := h.Held(); got != held(h) || len(h.Rooms()) != 0 {
			t.Errorf("%d rooms are left; counted %d bytes, held are %d", len(h.Rooms()), got, held(h))
		}
	})
}

// The count is what the garbage collector finds.
func TestMemory_CountIsWhatTheHeapHolds(t *testing.T) {
	heap := func() int64 {
		runtime.GC()
		runtime.GC() // pools keep things for one cycle
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return int64(s.HeapAlloc)
	}
	h := NewHub(Options{
		Source: nowhere{}, Sessions: new(fakeSessions), PingInterval: time.Hour, PingTimeout: time.Hour, Retention: day, Now: time.Now,
		Spread: func(int) time.Duration { return time.Second },
	})
	t.Cleanup(h.Close)
	before := heap()
	const rooms, messages = 50, 1500
	ms := uint64(time.Now().UnixMilli())
	entries := []wire.Entry{{Text: strings.Repeat("x", 500)}}
	for i := range rooms {
		n := roomNamed(t, fmt.Sprint("room ", i))
		h.Join(n, NewMember(new(sink), Events, time.Now()), Newest())
		h.Reset(n, nil, nil, true)
		for seq := range messages {
			entries[0].ID = wire.ID{Ms: ms, Seq: uint64(seq)}
			h.Deliver(n, entries)
		}
		h.Flush(n)
	}
	grown, counted := heap()-before, h.Held()
	if counted < rooms*messages*500 || grown < counted*95/100 || grown > counted*105/100 {
		t.Errorf("counted %d bytes, the heap has grown by %d", counted, grown)
	}
	runtime.KeepAlive(h)
}

// fill has a room of so many members hold frames of so many bytes.
func fill(t *testing.T, h *Hub, log *fakeLog, room string, members, bytes int) name.Room {
	n := roomNamed(t, room)
	for range members {
		m, _ := join(h, n, Newest(), -1)
		t.Cleanup(func() { h.Leave(m) })
	}
	synctest.Wait()
	for range bytes / 1000 {
		log.append(n, strings.Repeat("x", 950))
	}
	return n
}

func sizeOf(h *Hub, n name.Room) int { return len(h.find(n.Key()).view.Load().buf) }

func TestMemory_RoomsWithFewMembersGiveUpFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHubIn(t, 1<<20, 1<<20, 0)
		many := fill(t, h, log, "many", 9, 200_000)
		few := fill(t, h, log, "few", 2, 200_000)
		one := fill(t, h, log, "one", 1, 200_000)
		empty := fill(t, h, log, "empty", 1, 100_000)
		leaves := func(n int) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.rooms[empty.Key()].users -= n
		}
		leaves(1)
		t.Cleanup(func() { leaves(-1) })
		state := func() (held []bool) {
			for _, n := range []name.Room{empty, one, few, many} {
				held = append(held, sizeOf(h, n) > 0)
			}
			return held
		}
		var seen [][]bool
		grows := fill(t, h, log, "grows", 5, 0)
		for range 3000 {
			log.append(grows, strings.Repeat("x", 950))
			if now := state(); len(seen) == 0 || !cmp.Equal(now, seen[len(seen)-1]) {
				seen = append(seen, now)
			}
		}
		if first := seen[0]; !first[0] || !first[3] {
			t.Errorf("at first tails are held: %v", first)
		}
		last := []bool{true, true, true, true}
		for _, now := range seen { // a room with more members is never before one with fewer
			for i := range now {
				if !now[i] && i > 0 && now[i-1] || now[i] && !last[i] {
					t.Errorf("tails of empty, one, few, many members are held: %v", seen)
				}
			}
			last = now
		}
		if !last[3] || last[0] || last[1] {
			t.Errorf("in the end tails are held: %v", last)
		}
	})
}

// Half of the memory is for rooms themselves. One room more is refused until another is
// empty; in the rooms that are there, messages go on.
func TestMemory_OneRoomTooManyIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rooms = 4
		h, log := newHubIn(t, 0, 2*rooms*roomBytes, 0)
		var members []*Member
		var conns []*fakeConn
		for i := range rooms {
			m, c := join(h, roomNamed(t, fmt.Sprint("room ", i)), Newest(), -1)
			members, conns = append(members, m), append(conns, c)
		}
		synctest.Wait()
		more := roomNamed(t, "one more")
		refused, c := join(h, more, Newest(), -1)
		synctest.Wait()
		if diff := cmp.Diff([]string{"=close overloaded retry=4"}, c.events(t)); diff != "" {
			t.Error(diff)
		}
		h.Leave(refused)
		beside, c := join(h, roomNamed(t, "room 0"), Newest(), -1)
		defer h.Leave(beside)
		synctest.Wait()
		for range 30 {
			log.append(roomNamed(t, "room 0"), strings.Repeat("x", 1000))
		}
		synctest.Wait()
		if got, others := len(c.events(t)), len(conns[0].events(t)); got != 31 || others != 31 {
			t.Errorf("members of a full hub got %d and %d events, want 31", got, others)
		}
		h.Leave(members[3])
		h.Sweep(time.Now())
		m, c := join(h, more, Newest(), -1)
		defer h.Leave(m)
		synctest.Wait()
		if diff := cmp.Diff([]string{"=live"}, c.events(t)); diff != "" {
			t.Errorf("after another room is empty: %s", diff)
		}
		if got, want := h.Held(), held(h); got != want {
			t.Errorf("counted %d bytes, held are %d", got, want)
		}
		for _, m := range members[:3] {
			h.Leave(m)
		}
	})
}
