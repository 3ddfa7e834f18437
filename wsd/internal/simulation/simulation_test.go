// Package simulation runs the room engine, the log's appends, the follower and a
// model of the page's client in one bubble of time over an embedded Redis and
// connections in memory, with faults by seed at every boundary.
//
// Each of these breakages was made on purpose and seen to fail within twenty seeds:
//
//   - The last entry delivered is not looked for in a reply. After Redis went back
//     in time, guests keep messages that are not in the log any more.
//   - A room that is marked dirty during a read is not read again. In a seed without
//     a sweep, a guest never sees a message that was notified of then.
//   - No read follows a subscription that is made anew. In a seed without a sweep, a
//     guest never sees a message that was appended while its process was cut off.
//   - The append script takes a process for alone that is not. In a seed without a
//     sweep, the other process never reads the message.
//   - An entry that expired is taken for a gap. In a seed in which messages expire, a
//     guest is told of a gap.
//   - A room is not searched for expired messages when a guest joins. The guest gets one.
//   - Ages are compared by the processes' clocks. Guests get expired messages, or miss
//     others.
//   - An expired entry is no gap although younger ones were trimmed by the log's size, or
//     the newest entries of such a log are taken for all. A guest misses messages and is not
//     told of a gap.
//   - The live event ignores the cursor with which a guest came. After everything has
//     expired, the guest is live at zero.
//   - A removed message is left in the tail. A guest gets it after its process has obeyed.
//   - A removed cursor is taken for a gap. A guest is told of one.
//   - The removals since the cursor are not sent after live, or only those that are not
//     before its time, or a room that is loaded does not read them. A guest goes on to show
//     a removed message.
//
// This one within a hundred: a tail that is given up counts as the whole log. In a seed with
// little memory, a guest that comes back misses messages.
//
// Earlier ones: an ack for a message that is not stored; an append that does not know
// its nonce; a resume that is off by one; a cursor kept although the log has gone
// back in time.
package simulation

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
	"chatter/wsd/internal/follow"
	"chatter/wsd/internal/live"

	"github.com/redis/go-redis/v9"
)

var (
	seeds = flag.Int("seeds", defaultSeeds, "how many seeds TestSimulation runs")
	seed  = flag.Uint64("seed", 0, "run this seed only")
)

// TestSimulation holds the guarantees under random faults: what was acked is
// stored; each message is in the log once, a guest's own in the order said;
// every guest sees one order, gapless; a gap is told when the log has gone back
// in time or was trimmed by its size, and never otherwise; nobody gets a message that has
// expired, or one that was removed after the process has obeyed. In the seeds whose notifications are not lost there
// is no sweep, so nothing else may be missed either.
//
// A failing seed replays exactly:
//
//	go test chatter/wsd/internal/simulation -seed N
func TestSimulation(t *testing.T) {
	if *seed != 0 {
		simulate(t, *seed)
		return
	}
	const lanes = 2 // one a core
	for lane := range lanes {
		t.Run(fmt.Sprint("lane ", lane), func(t *testing.T) {
			t.Parallel()
			for s := lane; s < *seeds; s += lanes {
				if simulate(t, uint64(s+1)); t.Failed() {
					t.Fatalf("replay with: go test chatter/wsd/internal/simulation -seed %d", s+1)
				}
			}
		})
	}
}

const (
	// After what time a room is read again when notifications may be lost.
	sweep = 5 * time.Second
	// Without a sweep, a message that is not notified of is never seen.
	noSweep = 1000 * time.Hour
	// Of the seeds in which messages expire. An entry counts as expired a tenth of
	// it before it is trimmed.
	shortRetention = 90 * time.Second
	// Of the seeds in which the log is trimmed by its size, to its newest 50 entries.
	smallLog       = 1 << 10
	reconcileEvery = time.Minute
	// A socket that takes everything at once.
	wideWindow = 1 << 20
)

// world is one run.
type world struct {
	t         *testing.T
	rng       *rand.Rand
	redis     *flaky
	room      name.Room
	processes []*process
	guests    []*guest
	started   int // processes
	rollbacks int
	kept      snapshot
	small     bool                    // the log is trimmed by its size
	ageing    bool                    // messages expire
	logged    []wire.Entry            // all that was ever in the log of such a seed, but for what was removed
	operator  *roomlog.Log            // which removes messages
	removed   map[string]wire.Removal // by text
	maxMemory int64                   // of a process
}

func simulate(t *testing.T, seed uint64) {
	synctest.Test(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(seed, 7))
		w := &world{t: t, rng: rng, redis: newFlaky(rand.New(rand.NewPCG(seed, 8))), removed: make(map[string]wire.Removal)}
		defer w.redis.m.Close()
		defer w.redis.observer.Close()
		var err error
		if w.room, err = name.ParseRoom("room"); err != nil {
			t.Fatal(err)
		}
		w.redis.level = []int{0, 5, 40}[rng.IntN(3)]
		w.redis.lossy = rng.IntN(3) > 0
		backInTime := rng.IntN(5) == 0
		w.ageing = !backInTime && rng.IntN(4) == 0
		w.maxMemory = []int64{0, 1, 3 << 10}[rng.IntN(3)]
		w.small = !backInTime && rng.IntN(4) == 0
		w.operator = roomlog.New(redisconn.Wrap(w.redis.observer), roomlog.Options{Retention: w.retention()})
		defer w.operator.Close()
		for range 2 {
			w.processes = append(w.processes, w.start())
		}
		for i := range 3 {
			w.guests = append(w.guests, &guest{name: fmt.Sprint("guest", i), acked: make(map[string]wire.ID), gone: make(map[wire.ID]bool)})
		}
		for range 30 + rng.IntN(30) {
			w.step(backInTime)
		}
		w.settle()
		w.check(seed)
		for _, g := range w.guests {
			g.disconnect()
		}
		for _, p := range w.processes {
			p.close()
		}
		w.redis.cutAll()
	})
}

func (w *world) retention() time.Duration {
	if w.ageing {
		return shortRetention
	}
	return roomlog.DefaultRetention
}

func (w *world) start() *process {
	w.started++
	number := w.started
	sweepEvery, retention := noSweep, w.retention()
	if w.redis.lossy {
		sweepEvery = sweep
	}
	maxBytes := roomlog.DefaultMaxBytes
	if w.small {
		maxBytes = smallLog
	}
	client := redisconn.Wrap(redis.NewClient(&redis.Options{
		// A name would be looked up, with what the net package keeps outside the bubble.
		Addr: "127.0.0.1:6379", Protocol: 2, DisableIdentity: true, ContextTimeoutEnabled: true,
		// No retries: go-redis would sleep between them with a lock held.
		MaxRetries: -1, DialerRetries: 1, PoolSize: 4,
		ReadBufferSize: 512, WriteBufferSize: 512, // thousands of runs, little to say
		Dialer: func(context.Context, string, string) (net.Conn, error) { return w.redis.dial(number) },
	}))
	wrong := time.Duration(w.rng.IntN(5)-2) * 1000 * time.Hour
	log := roomlog.New(client, roomlog.Options{Retention: retention, MaxBytes: maxBytes, Clock: func() time.Time { return time.Now().Add(wrong) }})
	src := new(source)
	hub := live.NewHub(live.Options{
		Source: src, History: log, Sessions: endless{}, MaxTailBytes: 4 << 10, MaxMemory: w.maxMemory,
		Retention: retention, Now: log.Now,
		PingInterval: time.Hour, PingTimeout: time.Hour,
		Spread: func(int) time.Duration { return 10 * time.Millisecond },
	})
	src.Follower = follow.New(client, log, hub, sweepEvery)
	p := &process{number: number, retention: retention, log: log, follower: src.Follower, hub: hub, alive: true, obeyed: make(map[wire.ID]time.Time)}
	for _, r := range w.removed { // it has never read them
		p.obeyed[r.ID] = time.Now()
	}
	p.close = func() {
		src.Close()
		log.Close()
		hub.Close()
		client.Close()
	}
	return p
}

// step does one thing and lets a little time pass.
func (w *world) step(backInTime bool) {
	g := w.guests[w.rng.IntN(len(w.guests))]
	switch op := w.rng.IntN(28); {
	case op < 10:
		g.say()
	case op < 12:
		g.disconnect()
	case op == 12:
		w.kill(w.rng.IntN(len(w.processes)))
	case op == 13:
		w.redis.cutAll()
	case op == 14: // Redis away for a while
		w.setDown(true)
		w.redis.cutAll()
		w.pass(time.Duration(w.rng.IntN(3000)) * time.Millisecond)
		w.setDown(false)
	case op == 15 && backInTime:
		w.kept = w.redis.snapshot()
	case op == 16 && backInTime && w.kept.logs != nil:
		w.redis.restore(w.kept)
		w.rollbacks++
		// A restart takes time: in the same millisecond the log could give the
		// IDs that were lost to other messages.
		w.setDown(true)
		time.Sleep(5 * time.Millisecond)
		w.setDown(false)
	case op == 17 && g.proc != nil: // killed between an append and what follows it
		i := slices.Index(w.processes, g.proc)
		w.redis.doom(g.proc.number, w.redis.lossy && w.rng.IntN(2) == 0)
		g.say()
		w.pass(time.Duration(w.rng.IntN(30)) * time.Millisecond)
		if i >= 0 {
			w.kill(i)
		}
		w.redis.doom(0, false)
	case op == 18 && w.ageing:
		for range 10 + w.rng.IntN(12) { // more often than entries are trimmed
			w.pass(10 * time.Second)
		}
	case op == 19 && w.ageing: // a page that holds nothing, in a room that others keep loaded
		g.disconnect()
		g.forget()
	case op == 21 && w.small:
		w.talkWithout(g)
	case op > 25 && !backInTime: // Redis does not go back behind a removal
		w.remove()
	case op == 20:
		w.pass(time.Duration(w.rng.IntN(2000)) * time.Millisecond)
	default:
		w.pass(time.Duration(w.rng.IntN(30)) * time.Millisecond)
	}
	w.pump()
}

// talkWithout has g leave until the log has lost what followed its cursor because of its
// size. Where messages expire, the cursor has expired by then, and what was lost has not.
func (w *world) talkWithout(g *guest) {
	g.disconnect()
	g.away = true
	if w.ageing {
		w.pass(shortRetention)
	}
	for range 40 {
		for _, other := range w.guests {
			if other != g {
				other.say()
			}
		}
		w.pass(300 * time.Millisecond)
	}
	g.away = false
}

// kill ends a process as kill -9 does: its guests lose their sockets with what is in
// them. Another process takes its place.
func (w *world) kill(i int) {
	p := w.processes[i]
	p.alive = false
	for _, g := range w.guests {
		if g.proc == p {
			g.disconnect()
		}
	}
	p.close()
	w.processes[i] = w.start()
}

func (w *world) setDown(down bool) {
	w.redis.mu.Lock()
	defer w.redis.mu.Unlock()
	w.redis.down = down
}

// pass lets the bubble's time pass, with guests at work.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	w.pump()
}

// pump has every guest read, send, and come back if it must.
func (w *world) pump() {
	synctest.Wait()
	for _, g := range w.guests {
		if !g.pump(w.room) && !g.away && w.rng.IntN(3) > 0 {
			window := wideWindow
			if w.rng.IntN(4) == 0 {
				window = 130 + w.rng.IntN(300) // more than any one frame here
			}
			g.connect(w.processes[w.rng.IntN(len(w.processes))], w.room, window)
		}
	}
	synctest.Wait()
	w.record()
	w.checkGaps()
}

// record keeps what is trimmed later.
func (w *world) record() {
	if !w.ageing && !w.small {
		return
	}
	for _, e := range w.redis.entries(logKey) {
		if n := len(w.logged); n == 0 || e.ID.Compare(w.logged[n-1].ID) > 0 {
			w.logged = append(w.logged, e)
		}
	}
}

// remove removes one of the newest messages. Each process hears of it at once, after a moment,
// or not before it compares its rooms with Redis.
func (w *world) remove() {
	all := w.redis.entries(logKey)
	if len(all) == 0 {
		return
	}
	e := all[len(all)-1-w.rng.IntN(min(len(all), 4))]
	r, err := w.operator.Remove(w.t.Context(), w.room, e.ID)
	if err != nil {
		w.t.Errorf("remove: %v", err)
		return
	}
	w.removed[e.Text] = r
	w.logged = slices.DeleteFunc(w.logged, func(old wire.Entry) bool { return old.ID == e.ID })
	for _, p := range w.processes {
		switch w.rng.IntN(3) {
		case 0:
			p.obey(w.room, []wire.Removal{r})
		case 1:
			time.AfterFunc(time.Duration(w.rng.IntN(1000))*time.Millisecond, func() { p.obey(w.room, []wire.Removal{r}) })
		default:
			p.missed = true
			time.AfterFunc(reconcileEvery, func() { p.reconcile(w.t.Context()) })
		}
	}
}

// reconcile is what wsd does every minute, and more often until Redis answers.
func (p *process) reconcile(ctx context.Context) {
	for p.alive && p.log.RemovedIn(ctx, p.hub.Rooms(), p.obey) != nil {
		time.Sleep(250 * time.Millisecond)
	}
}

// entries are the log, with what was trimmed.
func (w *world) entries() []wire.Entry {
	if w.ageing || w.small {
		return w.logged
	}
	return w.redis.entries(logKey)
}

const logKey = "chatter:room:{room}:log"
