package follow

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/wire"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
)

var (
	seeds = flag.Int("seeds", defaultSeeds, "how many seeds TestFollow_Seeds runs")
	seed  = flag.Uint64("seed", 0, "run this seed only")
)

// Notifications are dropped, doubled, delayed and reordered at random, and still
// every entry is delivered once, in order, and nobody is told of a gap, also when
// everything has expired in the meantime. The processes' clocks differ.
//
// It was seen to fail without the sweep, with a read that begins one entry late, with
// ages by the processes' clocks, and when an entry that expired is taken for a gap.
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
		const retention = 10 * time.Second // longer than a message waits for a sweep
		wrong := time.Duration(1-int(seed%3)) * 1000 * time.Hour
		ours := roomlog.New(c, roomlog.Options{Retention: retention, Clock: func() time.Time { return time.Now().Add(wrong) }})
		theirs := roomlog.New(c, roomlog.Options{Retention: retention})
		defer ours.Close()
		defer theirs.Close()
		w := newWatcher()
		f := New(c, ours, w, SweepEvery)
		defer f.Close()
		f.tamper = tamperer(rand.New(rand.NewPCG(seed, 2)))

		rooms := []name.Room{roomNamed(t, "a"), roomNamed(t, "b")}
		want := make(map[name.Room][]string)
		for _, room := range rooms {
			f.Watch(room)
		}
		say := func(i int, room name.Room) {
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
		}
		const most = 70
		for i := range 10 + rng.IntN(most-10) {
			say(i, rooms[rng.IntN(len(rooms))])
			if rng.IntN(3) == 0 {
				time.Sleep(time.Duration(rng.IntN(60)) * time.Millisecond)
			}
		}
		time.Sleep(time.Minute) // of the bubble's time: past every delay, a sweep, and the retention
		for _, room := range rooms {
			say(most, room)
		}
		time.Sleep(time.Minute)
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

// tamperer drops a quarter of the notifications, doubles some, and delays
// some, which also reorders them.
func tamperer(rng *rand.Rand) func(string, func(string)) {
	var mu sync.Mutex
	return func(channel string, notify func(string)) {
		mu.Lock()
		fate, delay := rng.IntN(8), time.Duration(rng.IntN(80))*time.Millisecond
		mu.Unlock()
		switch fate {
		case 0, 1:
		case 2:
			notify(channel)
			notify(channel)
		case 3, 4:
			time.AfterFunc(delay, func() { notify(channel) })
		case 5:
			notify(channel)
			time.AfterFunc(10*time.Second+delay, func() { notify(channel) })
		default:
			notify(channel)
		}
	}
}
