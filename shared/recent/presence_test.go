package recent

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/limits"
)

// A guest who reads the lists every second, and between seconds, sees each interval at once
// and nothing in between, whoever collected the names and whenever.
func TestPresence_AnIntervalAppearsAtOnce(t *testing.T) {
	for seed := range uint64(5) {
		synctest.Test(t, bubbled(func(b *bubble) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			processes := []*Presence{b.start(), b.start()}
			for _, p := range processes {
				defer p.Close()
			}
			guests := []string{"ann", "bob", "cid", "dan", "eve"}
			watcher := New(b.client, options)
			begin := time.Now()
			want := map[int64][]string{} // by interval
			shown := map[int64]string{}  // by the interval that is the newest to be shown
			const step = 100 * time.Millisecond
			time.Sleep(time.Millisecond) // never at the moment at which an interval ends
			for time.Since(begin) < 8*every {
				now := time.Now()
				if rnd.IntN(20) == 0 {
					who := guests[rnd.IntN(len(guests))]
					processes[rnd.IntN(2)].Visit(user(b, who), limits.Class{})
					processes[rnd.IntN(2)].Used(room(b, "room of "+who), limits.Class{})
					i := int64(intervalAt(now, every))
					want[i] = append(want[i], who)
				}
				visible := int64(intervalAt(now.Add(-every/windowShare), every)) - int64(every/time.Second)
				got := b.shown(watcher)
				if before, ok := shown[visible]; ok && before != got {
					b.Fatalf("seed %d: %v after the begin the lists change from %q to %q", seed, now.Sub(begin), before, got)
				}
				shown[visible] = got
				time.Sleep(step)
			}
			for i, who := range want {
				lists, ok := shown[i]
				if !ok {
					continue // it is not over
				}
				slices.Sort(who)
				who = slices.Compact(who)
				users, rooms, _ := strings.Cut(lists, " | ")
				if !strings.HasPrefix(users+" ", strings.Join(who, " ")+" ") || !strings.HasPrefix(rooms, "room of "+who[0]) {
					b.Errorf("seed %d: the interval of %q shows %q", seed, who, lists)
				}
			}
		}))
	}
}

// pass lets an interval pass, and its window.
func pass() { time.Sleep(every + every/windowShare) }

func TestPresence_AVisitSendsNothingToRedis(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		p := b.start()
		defer p.Close()
		time.Sleep(time.Second)
		b.commands.take()
		for _, s := range []string{"zoe", "Bob", "ann", "bob", "eve"} {
			p.Visit(user(b, s), limits.Class{})
			p.Used(room(b, s), limits.Class{})
		}
		time.Sleep(every - time.Second - 1)
		if sent := b.commands.take(); len(sent) > 0 {
			t.Errorf("a visit sends %v", sent)
		}
		time.Sleep(every / windowShare)
		// One command for each list, which Redis does not know yet, and the time.
		var lists, others []string
		for _, cmd := range b.commands.take() {
			if args := fmt.Sprint(cmd.Args()...); cmd.Name() == "evalsha" || cmd.Name() == "eval" {
				lists = append(lists, args[strings.Index(args, "chatter:"):])
			} else {
				others = append(others, args)
			}
		}
		lists = slices.Compact(lists)
		if len(lists) != 2 || len(others) > 1 || !strings.HasSuffix(lists[0], "Bobannevezoe") || !strings.HasSuffix(lists[1], "Bobannevezoe") {
			t.Errorf("the interval is written by %q, and %q", lists, others)
		}
	}))
}

func TestPresence_ASocketIsAroundInEachOfItsIntervals(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		p := b.start("ann")
		defer p.Close()
		p.Visit(user(b, "ann"), limits.Class{}) // her socket opens
		p.Visit(user(b, "bob"), limits.Class{})
		for i := range 3 {
			pass()
			l, err := p.Read(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			if len(l.Users) != 2 || l.Users[0].Name != "ann" || time.Since(l.Users[0].At) >= every {
				b.Errorf("interval %d: %v", i, l.Users)
			}
		}
	}))
}

func TestPresence_ClocksThatDiffer(t *testing.T) {
	for _, wrong := range []time.Duration{-3 * time.Second, 3 * time.Second, -time.Hour, time.Hour} {
		synctest.Test(t, bubbled(func(b *bubble) {
			p, q := New(b.client, options), New(b.client, options)
			q.clock = newRedisClock(time.Now().Add(wrong))
			q.visited = q.newLists(intervalAt(q.clock.now(), every))
			for _, p := range []*Presence{p, q} {
				p.Start(nil)
				defer p.Close()
			}
			time.Sleep(every / 2)
			p.Visit(user(b, "ann"), limits.Class{})
			q.Visit(user(b, "bob"), limits.Class{})
			time.Sleep(every/2 + every/windowShare - time.Millisecond)
			if got := b.shown(p); got != " | " {
				b.Errorf("clock %v: before the end of the window: %q", wrong, got)
			}
			time.Sleep(time.Millisecond)
			if got := b.shown(p); got != "ann bob | " {
				b.Errorf("clock %v: after the window: %q", wrong, got)
			}
		}))
	}
}

// Redis refuses everything for a while. Each interval has one guest, g0, g1 and so on.
func TestPresence_AWriteThatFailsIsTriedAgain(t *testing.T) {
	const window = every / windowShare
	for away, want := range map[time.Duration]string{
		every + window/2:  "g0 | r0", // in time
		every + every/2:   "g0 g1 | r0 r1",
		2*every + every/2: "g0 g1 g2 | r0 r1 r2",
		9*every - every/2: "g7 g8 | r7 r8", // those of the begin of a long failure are dropped
	} {
		synctest.Test(t, bubbled(func(b *bubble) {
			p := b.start()
			defer p.Close()
			time.Sleep(time.Millisecond)
			b.m.SetError("OOM command not allowed")
			time.AfterFunc(away, func() { b.m.SetError("") })
			for i := range int(away-window)/int(every) + 1 {
				p.Visit(user(b, fmt.Sprint("g", i)), limits.Class{})
				p.Used(room(b, fmt.Sprint("r", i)), limits.Class{})
				time.Sleep(every)
			}
			time.Sleep(window)
			if got := b.shown(p); got != want {
				b.Errorf("away for %v: %q, want %q", away, got, want)
			}
		}))
	}
}

func TestPresence_StopWritesAtOnceAndIsShownInTime(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		p, q := b.start(), b.start()
		defer q.Close()
		p.Visit(user(b, "ann"), limits.Class{})
		pass()
		before := b.shown(q)
		p.Visit(user(b, "ann"), limits.Class{})
		p.Visit(user(b, "zoe"), limits.Class{})
		p.Used(room(b, "x"), limits.Class{})
		p.Close()
		if n, err := b.m.ZMembers("chatter:recent:rooms"); err != nil || len(n) != 1 {
			b.Errorf("after the stop Redis has the rooms %q (%v)", n, err)
		}
		for end := time.Now().Add(every - time.Second); time.Now().Before(end); time.Sleep(time.Second) {
			if got := b.shown(q); got != before {
				b.Errorf("the lists change to %q before the interval is over", got)
			}
		}
		pass()
		if got := b.shown(q); got != "ann zoe | x" {
			b.Errorf("got %q", got)
		}
	}))
}

func TestPresence_AReloadKeepsTheNames(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		p := b.start()
		p.Visit(user(b, "ann"), limits.Class{})
		p.Used(room(b, "x"), limits.Class{})
		time.Sleep(every / 2)
		state, err := p.Save()
		if err != nil {
			b.Fatal(err)
		}
		p.tasks.Close() // as the exec does
		next := b.start()
		defer next.Close()
		if err := next.Restore(state); err != nil {
			b.Fatal(err)
		}
		if got := b.shown(next); got != " | " {
			b.Errorf("at once %q", got)
		}
		pass()
		if got := b.shown(next); got != "ann | x" {
			b.Errorf("after the interval %q", got)
		}
		if next.Restore([]byte("{")) == nil {
			b.Error("a broken state is restored")
		}
	}))
}
