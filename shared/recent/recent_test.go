package recent

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/redistest"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func onMiniredis(t *testing.T) *redisconn.Client {
	t.Helper()
	c, err := redisconn.Open("redis://" + miniredis.RunT(t).Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func user(t testing.TB, s string) name.User {
	t.Helper()
	u, err := name.ParseUser(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func touchAt(t testing.TB, c *redisconn.Client, r *Recents, u string, room string, at time.Time) {
	t.Helper()
	var n name.Room
	if room != "" {
		var err error
		if n, err = name.ParseRoom(room); err != nil {
			t.Fatal(err)
		}
	}
	b := c.Batch()
	r.Touch(b, user(t, u), n, at)
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, r *Recents, n int) *Lists {
	t.Helper()
	lists, err := r.Read(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return lists
}

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func TestLists_NewestBucketFirstByNameInside(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		r := New(c, "chatter:")
		touchAt(t, c, r, "zoe", "", noon.Add(7*time.Minute))
		touchAt(t, c, r, "bob", "", noon.Add(4*time.Minute))
		touchAt(t, c, r, "ann", "go fans", noon.Add(9*time.Minute+59*time.Second))
		touchAt(t, c, r, "cid", "", noon)
		want := &Lists{
			Users: []Line{
				{"ann", noon.Add(Bucket)}, {"zoe", noon.Add(Bucket)},
				{"bob", noon}, {"cid", noon},
			},
			Rooms: []Line{{"go fans", noon.Add(Bucket)}},
		}
		if diff := cmp.Diff(want, read(t, r, 50)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want.Users[:2], read(t, r, 2).Users); diff != "" {
			t.Errorf("the first two: %s", diff)
		}
	})
}

func TestTouch_OneLineForAllSpellings(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		r := New(c, "chatter:")
		touchAt(t, c, r, "ann", "Go Fans", noon)
		touchAt(t, c, r, "Ann", "go fans", noon.Add(Bucket))
		want := &Lists{Users: []Line{{"Ann", noon.Add(Bucket)}}, Rooms: []Line{{"go fans", noon.Add(Bucket)}}}
		if diff := cmp.Diff(want, read(t, r, 50)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTouch_ALateClockMovesNobodyBack(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		r := New(c, "chatter:")
		touchAt(t, c, r, "ann", "", noon.Add(Bucket))
		touchAt(t, c, r, "ann", "", noon)
		if diff := cmp.Diff([]Line{{"ann", noon.Add(Bucket)}}, read(t, r, 50).Users); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTouch_TrimsByAgeAndSize(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		r := New(c, "chatter:")
		touchAt(t, c, r, "yesterday", "", noon.Add(-Retention-Bucket))
		for i := range maxNames + 10 {
			touchAt(t, c, r, fmt.Sprintf("guest %04d", i), "", noon.Add(time.Duration(i/100)*Bucket))
		}
		touchAt(t, c, r, "guest 1009", "", noon.Add(10*Bucket+trimEvery))
		n, err := c.Universal().ZCard(t.Context(), "chatter:recent:users").Result()
		if err != nil || n != maxNames {
			t.Errorf("%d names kept (%v), want %d", n, err, maxNames)
		}
		users := read(t, r, maxNames).Users
		if got := users[len(users)-1].Name; got == "yesterday" {
			t.Errorf("the oldest is %q", got)
		}
	})
}

// Each trimming is written to Redis's disk, and a crowd would have one for every visit.
func TestTouch_TrimsOnceASecond(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		r := New(c, "chatter:")
		trims := func(u string, at time.Time) bool {
			t.Helper()
			if err := c.Universal().Persist(t.Context(), "chatter:recent:users").Err(); err != nil {
				t.Fatal(err)
			}
			touchAt(t, c, r, u, "", at)
			ttl, err := c.Universal().PTTL(t.Context(), "chatter:recent:users").Result()
			if err != nil {
				t.Fatal(err)
			}
			return ttl > 0
		}
		for i, tt := range []struct {
			after time.Duration
			want  bool
		}{{0, true}, {0, false}, {trimEvery - 1, false}, {trimEvery, true}, {trimEvery + 1, false}, {-time.Hour, true}} {
			if got := trims(fmt.Sprint("guest ", i), noon.Add(tt.after)); got != tt.want {
				t.Errorf("touch %d, after %v: trims %v", i, tt.after, got)
			}
		}
		if got := len(read(t, r, 50).Users); got != 6 {
			t.Errorf("%d users", got)
		}
	})
}

func TestLists_OfMoreThanAreReadTheFirstByName(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		r := New(c, "chatter:")
		var want []string
		for i := range 300 {
			who := fmt.Sprintf("guest %03d", i)
			touchAt(t, c, r, who, who, noon.Add(Bucket))
			if i < 50 {
				want = append(want, who)
			}
		}
		touchAt(t, c, r, "earlier", "earlier", noon)
		b := c.Batch()
		lists := r.Lists(b, 50, noon.Add(Bucket+time.Minute))
		if err := b.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		for what, list := range map[string][]Line{"users": lists.Users, "rooms": lists.Rooms} {
			var got []string
			for _, line := range list {
				got = append(got, line.Name)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", what, diff)
			}
		}
	})
}

// Answers without a request to Redis equal the answers of Redis.
func TestWith_IsTouchingAndReading(t *testing.T) {
	c := onMiniredis(t)
	names := []string{"ann", "Ann", "bob", "cid", "zoe", "Zoë", "dan", "eve", "mia", "kim"}
	rnd := rand.New(rand.NewPCG(1, 2))
	for round := range 50 {
		r := New(c, fmt.Sprint("round", round, ":"))
		const n = 4
		now := noon
		known := new(Lists)
		for range 30 {
			u, room := names[rnd.IntN(len(names))], names[rnd.IntN(len(names))]
			if rnd.IntN(3) == 0 {
				room = ""
			}
			touchAt(t, c, r, u, room, now)
			b := c.Batch()
			lists := r.Lists(b, n, now)
			if err := b.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			var entered name.Room
			if room != "" {
				entered, _ = name.ParseRoom(room)
			}
			before := *known
			got := known.With(user(t, u), entered, now, n)
			if diff := cmp.Diff(lists, got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("round %d, %q and %q at %v: read (-), told (+)\n%s", round, u, room, now, diff)
			}
			if same := cmp.Equal(&before, got, cmpopts.EquateEmpty()); same != (got == known) {
				t.Errorf("the same lists: %v, one value: %v", same, got == known)
			}
			if !cmp.Equal(&before, known) {
				t.Error("the lists of before have changed")
			}
			known = got
			now = now.Add(time.Duration(rnd.IntN(4)) * time.Minute)
		}
	}
}

func TestShows(t *testing.T) {
	list := []Line{{"late", noon.Add(Bucket)}, {"ann", noon}, {"bob", noon}, {"cid", noon.Add(-Bucket)}}
	for _, tt := range []struct {
		name string
		at   time.Time
		want bool
	}{
		{"ann", noon, true}, {"bob", noon.Add(Bucket - 1), true}, {"ann", noon.Add(Bucket), false}, {"Ann", noon, false},
		{"cid", noon, false}, {"cid", noon.Add(-1), true}, {"late", noon, true}, {"dan", noon, false},
	} {
		if got := Shows(list, tt.name, tt.at); got != tt.want {
			t.Errorf("%s at %v: %v", tt.name, tt.at, got)
		}
	}
}

// Were it counted from the visit, the key's expiry would tell its time to the millisecond.
func TestTouch_ExpiryTellsTheBucketAlone(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		r := New(c, "chatter:")
		left := func(now time.Time) time.Duration {
			touchAt(t, c, r, "ann", "", now)
			ttl, err := c.Universal().PTTL(t.Context(), "chatter:recent:users").Result()
			if err != nil {
				t.Fatal(err)
			}
			return ttl
		}
		clock := func() time.Time {
			t.Helper()
			now, err := c.Universal().Time(t.Context()).Result()
			if err != nil {
				t.Fatal(err)
			}
			return now
		}
		const later = Bucket - time.Second
		begun := clock()
		moved := later - (left(noon) - left(noon.Add(later)))
		// A PTTL shrinks while Redis's clock goes on, and is cut to milliseconds.
		if elapsed := clock().Sub(begun) + 2*time.Millisecond; moved.Abs() > elapsed {
			t.Errorf("a visit %v later in the bucket moves the expiry by %v, within %v of Redis's clock", later, moved, elapsed)
		}
	})
}

func TestRead_LeavesOutWhatIsNoName(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		r := New(c, "chatter:")
		touchAt(t, c, r, "ann", "", noon)
		if err := c.Universal().Do(t.Context(), "ZADD", "chatter:recent:users", noon.Unix(), "a/b").Err(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Line{{"ann", noon}}, read(t, r, 50).Users); diff != "" {
			t.Error(diff)
		}
	})
}
