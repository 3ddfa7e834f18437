package roomlog

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/wire"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
)

// watcher is a Sink that keeps what it is told.
type watcher struct {
	mu        sync.Mutex
	entries   map[name.Room][]Entry
	resets    map[name.Room]int
	refreshed map[name.Room]int
	unflushed map[name.Room]bool
	flushes   map[name.Room]int
	changed   chan struct{}
}

func newWatcher() *watcher {
	return &watcher{
		entries: make(map[name.Room][]Entry), resets: make(map[name.Room]int),
		refreshed: make(map[name.Room]int), unflushed: make(map[name.Room]bool), flushes: make(map[name.Room]int),
		changed: make(chan struct{}, 1),
	}
}

func (w *watcher) note(f func()) {
	w.mu.Lock()
	f()
	w.mu.Unlock()
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

func (w *watcher) Reset(room name.Room, entries []Entry, _ bool) {
	w.note(func() { w.resets[room]++; w.entries[room] = append([]Entry(nil), entries...) })
}

func (w *watcher) Deliver(room name.Room, entries []Entry) {
	w.note(func() { w.entries[room] = append(w.entries[room], entries...); w.unflushed[room] = true })
}

func (w *watcher) Flush(room name.Room) {
	w.note(func() { delete(w.unflushed, room); w.flushes[room]++ })
}

func (w *watcher) holds(room name.Room) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.unflushed[room]
}

func (w *watcher) flushed(room name.Room) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flushes[room]
}

func (w *watcher) Refreshed(room name.Room) { w.note(func() { w.refreshed[room]++ }) }

func (w *watcher) texts(room name.Room) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return texts(w.entries[room])
}

func (w *watcher) gaps(room name.Room) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return max(0, w.resets[room]-1)
}

// until waits until cond holds.
func (w *watcher) until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	limit := time.After(hangLimit)
	for {
		w.mu.Lock()
		ok := cond()
		w.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-w.changed:
		case <-limit:
			w.mu.Lock()
			defer w.mu.Unlock()
			t.Fatalf("waited %v until %s; instead: entries %v, resets %v, refreshed %v, flushes %v",
				hangLimit, what, w.entries, w.resets, w.refreshed, w.flushes)
		}
	}
}

func TestFollow_DeliversWhatOthersAppend(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redisconn.Client) {
		ours, theirs := newLog(t, c, Options{}), newLog(t, c, Options{})
		room, w := roomNamed(t, "room"), newWatcher()
		say(t, theirs, room, "before")
		f := ours.Follow(w)
		defer f.Close()
		f.Watch(room)
		w.until(t, "the room is loaded", func() bool { return w.resets[room] == 1 })
		for i := range 300 {
			say(t, theirs, room, fmt.Sprint(i))
		}
		w.until(t, "all have come", func() bool { return len(w.entries[room]) == 301 })
		want := []string{"before"}
		for i := range 300 {
			want = append(want, fmt.Sprint(i))
		}
		if diff := cmp.Diff(want, w.texts(room)); diff != "" {
			t.Error(diff)
		}
		f.Unwatch(room)
		say(t, theirs, room, "after")
		f.Watch(room)
		w.until(t, "the room is loaded again", func() bool { return w.resets[room] == 2 })
		if got := w.texts(room); got[len(got)-1] != "after" {
			t.Errorf("the newest entry is %q", got[len(got)-1])
		}
	})
}

func TestFollow_RefreshBringsWhatTheHintsLack(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redisconn.Client) {
		l, room, w := newLog(t, c, Options{}), roomNamed(t, "room"), newWatcher()
		f := l.Follow(w)
		defer f.Close()
		f.tamper = func(string, string, func(string, string)) {}
		f.Watch(room)
		w.until(t, "the room is loaded", func() bool { return w.resets[room] == 1 })
		say(t, l, room, "unheard")
		f.Refresh(room)
		w.until(t, "the refresh is done", func() bool { return w.refreshed[room] == 1 })
		if diff := cmp.Diff([]string{"unheard"}, w.texts(room)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFollow_TellsABreakWhenTheLogIsGone(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redisconn.Client) {
		l, room, w := newLog(t, c, Options{}), roomNamed(t, "room"), newWatcher()
		f := l.Follow(w)
		defer f.Close()
		f.Watch(room)
		w.until(t, "the room is loaded", func() bool { return w.resets[room] == 1 })
		lost := say(t, l, room, "lost")
		w.until(t, "it has come", func() bool { return len(w.entries[room]) == 1 })
		if err := c.Universal().Del(t.Context(), "chatter:room:{room}:log").Err(); err != nil {
			t.Fatal(err)
		}
		// A log begun anew in the same millisecond would use the same ID again.
		for !time.Now().After(lost.ID.Time().Add(time.Millisecond)) {
			runtime.Gosched()
		}
		say(t, l, room, "new")
		w.until(t, "the break is told", func() bool { return w.resets[room] == 2 && len(w.entries[room]) == 1 })
		if diff := cmp.Diff([]string{"new"}, w.texts(room)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFollow_GoesOnAfterAKilledRedis(t *testing.T) {
	server := redistest.Start(t)
	c := server.Client()
	defer c.Close()
	l, room, w := newLog(t, c, Options{}), roomNamed(t, "room"), newWatcher()
	f := l.Follow(w)
	defer f.Close()
	f.Watch(room)
	w.until(t, "the room is loaded", func() bool { return w.resets[room] == 1 })
	say(t, l, room, "before")
	server.Kill()
	server.Run()
	say(t, l, room, "after")
	w.until(t, "both have come", func() bool { return len(w.entries[room]) == 2 })
	if diff := cmp.Diff([]string{"before", "after"}, w.texts(room)); diff != "" || w.gaps(room) != 0 {
		t.Errorf("%d gaps, %s", w.gaps(room), diff)
	}
}

var (
	seeds = flag.Int("seeds", defaultSeeds, "how many seeds TestFollow_Seeds runs")
	seed  = flag.Uint64("seed", 0, "run this seed only")
)

// Live messages are dropped, doubled, delayed and reordered at random, and
// still every entry comes once, in order, and nobody is told of a gap.
//
// It was seen to fail with each of these breakages: a hint that does not link
// delivered all the same; doubles not told; a look that skips an entry; a
// look's answer taken for the last entry of now, not of when it was asked; no
// sweep.
func TestFollow_Seeds(t *testing.T) {
	if *seed != 0 {
		followSeed(t, *seed)
		return
	}
	for s := range uint64(*seeds) {
		if followSeed(t, s+1); t.Failed() {
			t.Fatalf("replay with: go test -run TestFollow_Seeds -seed %d", s+1)
		}
	}
}

func followSeed(t *testing.T, seed uint64) {
	synctest.Test(t, func(t *testing.T) {
		m := miniredis.NewMiniRedis()
		m.ClockTTL(true)
		defer m.Close()
		c := redisconn.Wrap(redis.NewClient(&redis.Options{
			// A name would be looked up, with what the net package keeps outside the bubble.
			Addr: "127.0.0.1:6379", Protocol: 2, DisableIdentity: true, MaxRetries: -1,
			Dialer: func(context.Context, string, string) (net.Conn, error) { return m.Dial() },
		}))
		defer c.Close()
		rng := rand.New(rand.NewPCG(seed, 1))
		ours, theirs := New(c, Options{}), New(c, Options{})
		defer ours.Close()
		defer theirs.Close()
		w := newWatcher()
		f := ours.Follow(w)
		defer f.Close()
		f.tamper = tamperer(rand.New(rand.NewPCG(seed, 2)))

		rooms := []name.Room{roomNamed(t, "a"), roomNamed(t, "b")}
		want := make(map[name.Room][]string)
		for _, room := range rooms {
			f.Watch(room)
		}
		for i := range 10 + rng.IntN(60) {
			room := rooms[rng.IntN(len(rooms))]
			text := text(t, fmt.Sprint(i))
			by := theirs
			if rng.IntN(3) == 0 {
				by = ours
			}
			nonce := wire.NewNonce()
			if _, err := by.Append(t.Context(), room, nonce, text); err != nil {
				t.Fatal(err)
			}
			want[room] = append(want[room], text.String())
			if rng.IntN(3) == 0 {
				time.Sleep(time.Duration(rng.IntN(60)) * time.Millisecond)
			}
		}
		time.Sleep(time.Minute) // of the bubble's time: past every delay, and a sweep
		synctest.Wait()
		for _, room := range rooms {
			if diff := cmp.Diff(want[room], w.texts(room)); diff != "" && len(want[room]) > 0 {
				t.Errorf("seed %d, room %s: %s", seed, room, diff)
			}
			if n := w.gaps(room); n > 0 {
				t.Errorf("seed %d, room %s: %d gaps told, none there", seed, room, n)
			}
			if w.holds(room) {
				t.Errorf("seed %d, room %s: something was delivered and never flushed", seed, room)
			}
		}
	})
}

// tamperer drops a quarter of the live messages, doubles some, and delays
// some, which also reorders them.
func tamperer(rng *rand.Rand) func(string, string, func(string, string)) {
	var mu sync.Mutex
	return func(channel, payload string, deliver func(string, string)) {
		mu.Lock()
		fate, delay := rng.IntN(8), time.Duration(rng.IntN(80))*time.Millisecond
		mu.Unlock()
		switch fate {
		case 0, 1:
		case 2:
			deliver(channel, payload)
			deliver(channel, payload)
		case 3, 4:
			time.AfterFunc(delay, func() { deliver(channel, payload) })
		case 5:
			deliver(channel, payload)
			time.AfterFunc(10*time.Second+delay, func() { deliver(channel, payload) })
		default:
			deliver(channel, payload)
		}
	}
}
