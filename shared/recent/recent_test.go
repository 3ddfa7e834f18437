package recent

import (
	"fmt"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/redistest"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
)

// onBoth runs a test on miniredis and on a real redis-server.
func onBoth(t *testing.T, test func(t *testing.T, c *redisconn.Client)) {
	t.Run("miniredis", func(t *testing.T) {
		c, err := redisconn.Open("redis://" + miniredis.RunT(t).Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		test(t, c)
	})
	t.Run("redis", func(t *testing.T) {
		c := redistest.Start(t).Client()
		defer c.Close()
		test(t, c)
	})
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
	onBoth(t, func(t *testing.T, c *redisconn.Client) {
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
	onBoth(t, func(t *testing.T, c *redisconn.Client) {
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
	onBoth(t, func(t *testing.T, c *redisconn.Client) {
		r := New(c, "chatter:")
		touchAt(t, c, r, "ann", "", noon.Add(Bucket))
		touchAt(t, c, r, "ann", "", noon)
		if diff := cmp.Diff([]Line{{"ann", noon.Add(Bucket)}}, read(t, r, 50).Users); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTouch_TrimsByAgeAndSize(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redisconn.Client) {
		r := New(c, "chatter:")
		touchAt(t, c, r, "yesterday", "", noon.Add(-Retention-Bucket))
		for i := range maxNames + 10 {
			touchAt(t, c, r, fmt.Sprintf("guest %04d", i), "", noon.Add(time.Duration(i/100)*Bucket))
		}
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

// Were it counted from the visit, the key's expiry would tell its time to the millisecond.
func TestTouch_ExpiryTellsTheBucketAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redisconn.Client) {
		r := New(c, "chatter:")
		left := func(now time.Time) time.Duration {
			touchAt(t, c, r, "ann", "", now)
			ttl, err := c.Universal().PTTL(t.Context(), "chatter:recent:users").Result()
			if err != nil {
				t.Fatal(err)
			}
			return ttl
		}
		const later = Bucket - time.Second
		// Redis's own clock goes on between the two, hence about.
		moved := later - (left(noon) - left(noon.Add(later)))
		if moved.Abs() > time.Minute {
			t.Errorf("a visit %v later in the bucket moves the expiry by %v", later, moved)
		}
	})
}

func TestRead_LeavesOutWhatIsNoName(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redisconn.Client) {
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
