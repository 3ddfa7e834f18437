package recent

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/limits"
	"chatter/shared/redisconn"
	"chatter/shared/redistest"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
)

// lines reads the users after members were put into the set, each with an age in intervals
// that counts from the newest one that is shown.
func (b *bubble) lines(members map[string]int) []Line {
	b.Helper()
	newest := time.Now().Add(-every - every/windowShare)
	for member, age := range members {
		if _, err := b.m.ZAdd("chatter:recent:users", float64(intervalAt(newest.Add(-time.Duration(age)*every), every)), member); err != nil {
			b.Fatal(err)
		}
	}
	l, err := New(b.client, options).Read(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return l.Users
}

func TestRead_NewestIntervalFirstByNameInside(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		got := b.lines(map[string]int{"zoe": 0, "ann": 0, "bob": 1, "cid": 7, "not yet": -1, "a day ago": int(MaxKeep / every), "older": int(MaxKeep/every) + 1})
		if diff := cmp.Diff("ann zoe bob cid a day ago", namesOf(got)); diff != "" {
			b.Error(diff)
		}
		end := time.Now().Add(-every / windowShare).Truncate(every).UTC()
		if got[0] != (Line{"ann", "ann", end}) || got[2].At != end.Add(-every) {
			b.Errorf("got %v, the newest interval ended at %v", got, end)
		}
	}))
}

func TestRead_OneLineForAllSpellingsAndMembers(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		got := b.lines(map[string]int{"Ann": 3, "ann": 2, "/ann": 5, "bob": 9, "/bob": 1, "/Cid": -1, "Cid": 4, "a/b": 0})
		if diff := cmp.Diff("bob ann Cid", namesOf(got)); diff != "" {
			b.Error(diff)
		}
	}))
}

// A capital I looks like a small l. So the two spellings of this name have two looks, and each
// of them has a lookalike.
func TestRead_OneLineForAKeyWithTwoLooks(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		if got := namesOf(b.lines(map[string]int{"ILIA": 0, "ilia": 1, "llla": 2})); got != "ILIA" {
			b.Errorf("got %q", got)
		}
	}))
}

// Names that begin with a sign of low order must not take the whole list.
func TestRead_OfTooManyNamesThoseWithTheLowestRanks(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		members := map[string]int{"earlier": 1}
		for _, s := range invented(3 * Listed) {
			members["!!! "+s], members[s] = 0, 0
		}
		users := b.lines(members)
		if len(users) != Listed {
			b.Fatalf("%d lines", len(users))
		}
		loud := 0
		for i, line := range users {
			if strings.HasPrefix(line.Name, "!!!") {
				loud++
			}
			if i > 0 && users[i-1].Name >= line.Name {
				b.Errorf("%q stands before %q", users[i-1].Name, line.Name)
			}
		}
		if loud == 0 || loud == Listed {
			b.Errorf("%d of the lines are of one kind", loud)
		}
	}))
}

// The same on a real redis-server, also when it is full.
func TestPresence_OnRedis(t *testing.T) {
	t.Parallel()
	c := redistest.Start(t).Client()
	defer c.Close()
	p := New(c, Options{Every: time.Second})
	p.Start(nil)
	defer p.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	await := func(want string) {
		t.Helper()
		for range tick.C {
			l, err := p.Read(ctx)
			if err != nil {
				t.Fatalf("waited for %q: %v", want, err)
			}
			if namesOf(l.Users)+" | "+namesOf(l.Rooms) == want {
				return
			}
		}
	}
	p.Visit(user(t, "ann"), limits.Class{})
	p.Used(room(t, "x"), limits.Class{})
	await("ann | x")
	if err := c.Universal().ConfigSet(ctx, "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	i, _ := p.unpublished()
	if _, err := p.write(ctx, users, i+60, []string{"bob"}, mayRun); err == nil {
		t.Fatal("a full Redis takes a name")
	}
	await("ann | x")
	if err := c.Universal().ConfigSet(ctx, "maxmemory", "0").Err(); err != nil {
		t.Fatal(err)
	}
	p.Visit(user(t, "cid"), limits.Class{})
	await("cid ann | x")
}

// A Redis that is full takes no name, and forgets the old ones all the same.
func TestPresence_ForgetsOnAFullRedis(t *testing.T) {
	t.Parallel()
	c := redistest.Start(t).Client()
	defer c.Close()
	rdb, key := c.Universal(), "chatter:recent:users"
	if err := rdb.ZAdd(t.Context(), key, redis.Z{Score: 1, Member: "old"}, redis.Z{Score: float64(time.Now().Unix()), Member: "ann"}).Err(); err != nil {
		t.Fatal(err)
	}
	if err := rdb.ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	p := New(c, Options{})
	if _, err := p.write(t.Context(), users, p.visited.interval, []string{"bob"}, mayRun); !redisconn.Full(err) {
		t.Fatalf("a full Redis takes a name: %v", err)
	}
	if names, err := rdb.ZRange(t.Context(), key, 0, -1).Result(); err != nil || !slices.Equal(names, []string{"ann"}) {
		t.Errorf("Redis has %q, %v; want ann alone", names, err)
	}
}

func TestRead_LeavesOutHiddenNames(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		b.lines(map[string]int{"Ann": 0, "ann": 1, "bob": 0})
		if _, err := b.m.ZAdd("chatter:recent:rooms", float64(intervalAt(time.Now().Add(-every-every/windowShare), every)), "ann"); err != nil {
			b.Fatal(err)
		}
		hiding := options
		hiding.Hides = func(list, key string) bool { return list == "users" && key == "ann" }
		l, err := New(b.client, hiding).Read(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if namesOf(l.Users) != "bob" || namesOf(l.Rooms) != "ann" {
			b.Errorf("got %v", l)
		}
	}))
}
