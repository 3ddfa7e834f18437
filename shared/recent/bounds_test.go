package recent

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/limits"
	"chatter/shared/name"
)

func TestPresence_OfTooManyNamesThoseWithTheLowestRanks(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		p := b.start()
		defer p.Close()
		i := intervalAt(time.Now(), every)
		all := invented(5 * maxNames)
		for _, s := range all {
			p.Visit(user(b, s), limits.Class{})
		}
		p.mu.Lock()
		n := len(p.visited.names[users].kept)
		p.mu.Unlock()
		if n > 2*maxNames {
			b.Errorf("%d names in memory", n)
		}
		pass()
		slices.SortFunc(all, func(x, y string) int {
			if rank(options.Key, i, user(b, x).Look()) < rank(options.Key, i, user(b, y).Look()) {
				return -1
			}
			return 1
		})
		members, err := b.m.ZMembers("chatter:recent:users")
		kept := slices.Sorted(slices.Values(all[:maxNames]))
		if err != nil || !slices.Equal(members, kept) {
			b.Errorf("Redis has %d names, want the %d with the lowest ranks", len(members), maxNames)
		}
		want := strings.Join(slices.Sorted(slices.Values(all[:Listed])), " ")
		if got := b.shown(p); got != want+" | " {
			b.Errorf("listed: %q, want %q", got, want)
		}
	}))
}

func TestPresence_TrimsByAge(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		var left atomic.Bool
		p := New(b.client, options)
		p.Start(func(add func(name.User, limits.Class)) {
			if !left.Load() {
				add(user(b, "ann"), limits.Class{})
			}
		})
		defer p.Close()
		p.Visit(user(b, "old"), limits.Class{})
		pass()
		time.Sleep(MaxKeep - 2*every)
		if got := b.shown(p); got != "ann old | " {
			b.Errorf("after a day %q", got)
		}
		time.Sleep(5 * every)
		members, _ := b.m.ZMembers("chatter:recent:users")
		if slices.Contains(members, "old") || b.shown(p) != "ann | " {
			b.Errorf("Redis has %q", members)
		}
		left.Store(true)
		time.Sleep(MaxKeep + 5*every)
		if b.m.Exists("chatter:recent:users") {
			b.Error("the set is still there a day after the last name")
		}
	}))
}

func TestPresence_TrimsBySize(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		p, first := New(b.client, options), intervalAt(time.Now(), every)
		all := invented(maxMembers + maxNames)
		for k := 0; k*maxNames < len(all); k++ {
			i := first + interval(k)*interval(every/time.Second)
			if written, err := p.write(b.Context(), "users", i, all[k*maxNames:][:maxNames], mayRun); err != nil || !written {
				b.Fatalf("written: %v, %v", written, err)
			}
		}
		members, err := b.m.ZMembers("chatter:recent:users")
		if err != nil || len(members) != maxMembers || members[0] != all[maxNames] {
			b.Errorf("%d members (%v), want the newest %d", len(members), err, maxMembers)
		}
	}))
}

// An interval must not be shown in two parts. What is late counts for the next interval.
func TestPresence_ALateWriteIsRefused(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		p, first := New(b.client, options), intervalAt(time.Now(), every)
		time.Sleep(every + every/windowShare - time.Millisecond)
		for _, want := range []bool{true, false} {
			if written, err := p.write(b.Context(), "users", first, []string{"ann"}, mayRun); err != nil || written != want {
				b.Errorf("%v after the interval: written %v (%v)", time.Since(first.end(every)), written, err)
			}
			time.Sleep(time.Millisecond)
		}
	}))
}

// A process whose clock is ahead of Redis's must not write an interval that runs.
func TestPresence_AnEarlyWriteIsRefused(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		p, running := New(b.client, options), intervalAt(time.Now(), every)
		if written, err := p.write(b.Context(), "users", running, []string{"ann"}, mustBeOver); err == nil || written {
			t.Errorf("the running interval is written: %v, %v", written, err)
		}
		time.Sleep(time.Until(running.end(every)))
		if written, err := p.write(b.Context(), "users", running, []string{"ann"}, mustBeOver); err != nil || !written {
			t.Errorf("the interval that has just ended is not: %v, %v", written, err)
		}
	}))
}
