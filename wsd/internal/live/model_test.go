package live

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
)

var (
	modelSeeds = flag.Int("seeds", 200, "how many seeds TestModel runs")
	modelSeed  = flag.Uint64("seed", 0, "run this seed only")
)

// Members join, leave, stall, read on and come back with the cursor they have,
// while messages are appended and logs now and then go back in time. Each sees
// a gapless run of the log, or was told.
//
// It was seen to fail with each of these breakages: the cursor of a resuming
// member one frame off; a member that fell behind moved on to the tail's start
// instead of closed; a worker that falls asleep without a look at what came meanwhile; a rest of
// a broken write dropped; no gap told after a reset.
func TestModel(t *testing.T) {
	if *modelSeed != 0 {
		modelRun(t, *modelSeed)
		return
	}
	const lanes = 2 // one a core
	for lane := range lanes {
		t.Run(fmt.Sprint("lane ", lane), func(t *testing.T) {
			t.Parallel()
			for s := lane; s < *modelSeeds; s += lanes {
				if modelRun(t, uint64(s+1)); t.Failed() {
					t.Fatalf("replay with: go test chatter/wsd/internal/live -run TestModel -seed %d", s+1)
				}
			}
		})
	}
}

// guest is a client by the page's rules: it comes back with its cursor, and
// knows what it has seen by ID.
type guest struct {
	conn   *fakeConn
	member *Member
	taken  int // events of this connection that were looked at
	cursor wire.ID
	seen   []wire.ID // since the last gap
	gaps   int
}

func modelRun(t *testing.T, seed uint64) {
	synctest.Test(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(seed, 3))
		h, log := newHubWith(t, 16<<10)
		n := roomNamed(t, "room")
		guests := make([]*guest, 2+rng.IntN(6))
		for i := range guests {
			guests[i] = new(guest)
		}
		rollbacks := 0
		for step := range 150 {
			g := guests[rng.IntN(len(guests))]
			switch op := rng.IntN(20); {
			case op < 9:
				var texts []string
				for i := range 1 + rng.IntN(5) {
					texts = append(texts, fmt.Sprint(step, ".", i, " ", strings.Repeat("x", rng.IntN(200))))
				}
				if rng.IntN(40) == 0 { // a burst that no stalled member outlives
					for i := range 150 {
						texts = append(texts, fmt.Sprint(step, "!", i, strings.Repeat("x", 100)))
					}
				}
				log.append(n, texts...)
			case op < 13:
				g.leave(h)
				g.join(h, n, rng)
			case op < 17:
				if g.conn != nil {
					g.conn.read(rng.IntN(5000))
				}
			case op == 17 && rng.IntN(4) == 0:
				log.rollback(n, 1+rng.IntN(20))
				rollbacks++
			case op == 18:
				log.mu.Lock()
				log.hold = !log.hold
				log.mu.Unlock()
			default:
				synctest.Wait()
			}
		}
		log.mu.Lock()
		log.hold = false
		log.mu.Unlock()
		log.append(n, "the end")
		for i, g := range guests { // those that are here read on, and lack nothing
			if g.conn == nil {
				continue
			}
			g.conn.open()
			synctest.Wait()
			g.take()
			if last := log.entries[n][len(log.entries[n])-1].ID; g.cursor != last && !g.member.Closing() {
				t.Errorf("seed %d, guest %d is left at %v, the log is at %v", seed, i, g.cursor, last)
			}
		}
		for _, g := range guests { // everybody comes back and reads to the end
			g.leave(h)
			g.conn = nil
			g.join(h, n, nil)
		}
		synctest.Wait()
		for i, g := range guests {
			g.check(t, seed, i, log.entries[n])
			if g.gaps > 0 && rollbacks == 0 {
				t.Errorf("seed %d, guest %d: %d gaps told, none there", seed, i, g.gaps)
			}
			g.leave(h)
		}
	})
}

func (g *guest) join(h *Hub, n name.Room, rng *rand.Rand) {
	window := -1
	if rng != nil && rng.IntN(2) == 0 {
		window = rng.IntN(3000)
	}
	since := Newest()
	if !g.cursor.IsZero() {
		since = After(g.cursor)
	}
	g.conn, g.taken = newConn(window), 0
	g.member = NewMember(g.conn, Events, time.Now())
	h.Join(n, g.member, since)
}

func (g *guest) leave(h *Hub) {
	if g.conn == nil {
		return
	}
	g.conn.Abort()
	synctest.Wait()
	h.Leave(g.member)
	g.take()
}

// take reads the events that have arrived.
func (g *guest) take() {
	frames, _ := g.conn.frames(panics{})
	for _, f := range frames[g.taken:] {
		if f.op != opText {
			continue
		}
		e, err := wire.ParseEvent(f.payload)
		if err != nil {
			panic(err)
		}
		switch e.Event {
		case wire.EventGap:
			g.gaps++
			g.seen, g.cursor = nil, wire.ID{}
		case wire.EventMessage:
			g.seen = append(g.seen, e.ID)
			g.cursor = e.ID
		}
	}
	g.taken = len(frames)
}

// check compares what g has seen since its last gap with the log.
func (g *guest) check(t *testing.T, seed uint64, i int, entries []wire.Entry) {
	g.take()
	if len(g.seen) == 0 {
		t.Errorf("seed %d, guest %d has seen nothing", seed, i)
		return
	}
	from := slices.IndexFunc(entries, func(e wire.Entry) bool { return e.ID == g.seen[0] })
	var want []wire.ID
	for _, e := range entries[max(from, 0):] {
		want = append(want, e.ID)
	}
	if diff := cmp.Diff(want, g.seen); diff != "" {
		t.Errorf("seed %d, guest %d, %d gaps: %s", seed, i, g.gaps, diff)
	}
}

// panics is a testing.TB for where none is at hand.
type panics struct{ testing.TB }

func (panics) Helper()                           {}
func (panics) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (panics) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
