package live

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// waiting is what waits for the members, counted anew.
func waiting(members []*Member) (bytes int64) {
	for _, m := range members {
		m.writer.mu.Lock()
		if m.chunk > 0 {
			bytes += int64(m.chunk + cap(m.private))
		}
		m.writer.mu.Unlock()
	}
	return bytes
}

// Members read little or nothing, send pings, are told things and miss messages: the count
// is the sum of what waits for them, it does not pass the bound by more than a share for
// each, and in the end it is zero.
func TestWaiting_CountIsTheSum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit, most = 60 << 10, 3 * smallChunk
		h, log := newHubIn(t, 0, 0, limit)
		n := roomNamed(t, "room")
		rng := rand.New(rand.NewPCG(1, 1))
		var members []*Member
		var conns []*fakeConn
		var highest int64
		for step := range 3000 {
			i := 0
			if len(members) > 0 {
				i = rng.IntN(len(members))
			}
			switch op := rng.IntN(20); {
			case len(members) < 40:
				m, c := join(h, n, Newest(), rng.IntN(2000))
				members, conns = append(members, m), append(conns, c)
			case op < 6:
				log.append(n, strings.Repeat("x", rng.IntN(1000)))
			case op < 14:
				members[i].Control(make([]byte, rng.IntN(500))) // as an answer to a ping
			case op < 17:
				conns[i].read(rng.IntN(5000))
			case op < 19 && rng.IntN(5) == 0:
				conns[i].Abort()
				h.Leave(members[i])
				members[i], conns[i] = join(h, n, Newest(), rng.IntN(2000))
			case op == 19:
				members[i].Close(0, "")
			}
			synctest.Wait()
			got, want := h.Waiting(), waiting(members)
			if got != want || got > limit+int64(len(members))*most {
				t.Fatalf("step %d: counted %d bytes, want the %d that wait", step, got, want)
			}
			highest = max(highest, got)
		}
		if highest < limit {
			t.Errorf("at most %d bytes waited: the bound of %d was never reached", highest, limit)
		}
		for i, m := range members {
			conns[i].Abort()
			h.Leave(m)
		}
		synctest.Wait()
		if got := h.Waiting(); got != 0 {
			t.Errorf("%d bytes wait for nobody", got)
		}
	})
}

// While others fill the memory, a member that reads slowly gets all messages, a little at a
// time; a member that reads does not notice; one that reads nothing is closed.
func TestWaiting_OnlyThoseThatDoNotReadPay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 50 << 10
		h, log := newHubIn(t, 0, 0, limit)
		n := roomNamed(t, "room")
		reads, fast := join(h, n, Newest(), -1)
		defer h.Leave(reads)
		tarries, slow := join(h, n, Newest(), 100)
		defer h.Leave(tarries)
		synctest.Wait()
		for h.Waiting() < limit {
			m, c := join(h, n, Newest(), 0)
			defer h.Leave(m)
			defer c.Abort()
			for range 10 {
				m.Control(make([]byte, 1000)) // answers to pings, which are not read
			}
			synctest.Wait()
		}
		want := []string{"=live"}
		for i := range 200 {
			text := fmt.Sprint(i, strings.Repeat("x", 200))
			want = append(want, text)
			log.append(n, text)
			synctest.Wait()
			for range 6 {
				slow.read(100)
				synctest.Wait()
			}
		}
		if got := h.Waiting(); got < limit {
			t.Fatalf("only %d bytes wait", got)
		}
		slow.open()
		synctest.Wait()
		if diff := cmp.Diff(want, fast.events(t)); diff != "" {
			t.Errorf("a member that reads: %s", diff)
		}
		if diff := cmp.Diff(want, slow.events(t)); diff != "" {
			t.Errorf("a member that reads slowly: %s", diff)
		}
	})
}

// A member that sends pings and does not read is closed before much waits for it.
func TestWaiting_PongsThatAreNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		m, c := join(h, roomNamed(t, "room"), Newest(), 0)
		synctest.Wait()
		pong := appendFrame(nil, 0x8a, make([]byte, 125))
		for range 10_000 {
			m.Control(pong)
		}
		if got := h.Waiting(); !m.Closing() || got > 2*maxPrivate {
			t.Errorf("closing is %v, %d bytes wait", m.Closing(), got)
		}
		if got := h.Counts().TooSlow.Load(); got != 1 {
			t.Errorf("%d members were too slow, want 1", got)
		}
		c.Abort()
		synctest.Wait()
		h.Leave(m)
		time.Sleep(time.Second)
		if got := h.Waiting(); got != 0 {
			t.Errorf("%d bytes wait for nobody", got)
		}
	})
}

// Many that read nothing have little more to wait for them together than the bound.
func TestWaiting_OfAllMembersIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit, crowd = 200 << 10, 50
		h, _ := newHubIn(t, 0, 0, limit)
		var members []*Member
		for range crowd {
			m, c := join(h, roomNamed(t, "room"), Newest(), 0)
			defer h.Leave(m)
			defer c.Abort()
			members = append(members, m)
		}
		synctest.Wait()
		for range 1000 {
			for _, m := range members {
				m.Control(make([]byte, 100))
			}
		}
		if got := h.Waiting(); got < limit || got > limit+crowd*2*smallChunk {
			t.Errorf("%d bytes wait, want %d and at most %d for each of %d members", got, limit, 2*smallChunk, crowd)
		}
		for _, m := range members {
			if !m.Closing() {
				t.Fatal("a member that reads nothing is not closed")
			}
		}
	})
}
