package orders

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"chatter/shared/redisconn"
)

func startHidden(t *testing.T, c *redisconn.Client, lines ...string) *Hidden {
	t.Helper()
	x := NewHidden(c, prefix, keys(t, lines...))
	f := Follow(c, prefix, slog.New(slog.DiscardHandler), map[string]Handler{Hide: x})
	t.Cleanup(f.Close)
	await(t, "the process is ready", func() bool { return f.Ready(t.Context()) == nil })
	return x
}

// A name is hidden and shown in every process, also in those that start later or have another
// line of the secret on top.
func TestHidden_InEveryProcess(t *testing.T) {
	onAll(t, func(t *testing.T, c *redisconn.Client) {
		a, b := startHidden(t, c, one, two), startHidden(t, c, two, one)
		if err := a.Hide(t.Context(), "users", "bad"); err != nil {
			t.Fatal(err)
		}
		if !a.Hides("users", "bad") || a.Hides("rooms", "bad") || a.Hides("users", "good") {
			t.Error("in the process that was told")
		}
		await(t, "the other process hides it", func() bool { return b.Hides("users", "bad") })
		for _, lines := range [][]string{{three, one}, {two}} {
			if later := startHidden(t, c, lines...); !later.Hides("users", "bad") || later.Hides("rooms", "bad") {
				t.Errorf("a process that starts later with %q lists it", lines)
			}
		}
		names, err := b.InForce(t.Context())
		if err != nil || len(names) != 1 || names[0].List != "users" || len(names[0].Handle) != handleLen {
			t.Fatalf("in force: %+v, %v", names, err)
		}
		if left := time.Until(names[0].Until); left > hideFor || left < hideFor-hangLimit {
			t.Errorf("in force for %v", left)
		}
		for handle, want := range map[string]bool{"unknown": false, names[0].Handle: true} {
			if found, err := b.Show(t.Context(), handle); found != want || err != nil {
				t.Errorf("show %q: %v, %v", handle, found, err)
			}
		}
		if b.Hides("users", "bad") {
			t.Error("the process that was told hides it still")
		}
		shown := time.Now()
		await(t, "the first process lists it", func() bool { return !a.Hides("users", "bad") })
		if took := time.Since(shown); took > reloadEvery/2 {
			t.Errorf("the first process lists it after %v", took)
		}
		if names, err := startHidden(t, c, one).InForce(t.Context()); err != nil || len(names) > 0 {
			t.Errorf("in force then: %+v, %v", names, err)
		}
	})
}

func TestHidden_RedisKeepsNoName(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redisconn.Client) {
		a := startHidden(t, c, one, two)
		if err := a.Hide(t.Context(), "rooms", "secretroom"); err != nil {
			t.Fatal(err)
		}
		u := c.Universal()
		all, err := u.ZRange(t.Context(), prefix+Hide, 0, -1).Result()
		if err != nil || len(all) != 1 || strings.Contains(all[0], "secretroom") || len(strings.Fields(all[0])) != 3 {
			t.Errorf("Redis has %q, %v", all, err)
		}
		if ttl := u.PTTL(t.Context(), prefix+Hide).Val(); ttl <= 0 || ttl > hideFor {
			t.Errorf("it expires in %v", ttl)
		}
	})
}

func TestHidden_EndsByItselfAndIgnoresMalformedOrders(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redisconn.Client) {
		a := startHidden(t, c, one)
		hash := keys(t, one).NameHashes("x")[0]
		past := time.Now().Add(-time.Second).Unix()
		do(t, c, "ZADD", prefix+Hide, past, "users "+hash, time.Now().Add(time.Hour).Unix(), "users")
		a.Apply([]string{"", "x users " + hash, "9999999999", "9999999999 users", "9999999999 users x"})
		if err := a.Load(t.Context()); err != nil || a.Hides("users", "x") {
			t.Errorf("hidden after the end, %v", err)
		}
	})
}
