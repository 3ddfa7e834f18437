package orders

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/session"
)

// A session ends in every process, whatever the order of the lines of its secret, and stays
// ended in processes that start later, also when lines have been added or removed.
func TestSessions_EndEverywhere(t *testing.T) {
	onAll(t, func(t *testing.T, c *redisconn.Client) {
		a, b := start(t, c, one, two), start(t, c, two, one)
		for _, line := range []string{one, two} {
			ended, other := signIn(t, line), signIn(t, line)
			if !a.accepts(ended) || !b.accepts(ended) {
				t.Fatal("a new session is refused")
			}
			a.signOut(ended)
			if a.accepts(ended) {
				t.Error("the process that ended it accepts it")
			}
			await(t, "the other process refuses it", func() bool { return !b.accepts(ended) })
			for _, lines := range [][]string{{three, one, two}, {two, one}, {line}, {three, line}} {
				later := start(t, c, lines...)
				await(t, "the process that starts later is ready", func() bool { return later.Ready(t.Context()) == nil })
				if later.accepts(ended) {
					t.Errorf("signed with %q: a process that starts later with %q accepts it", line, lines)
				}
				if !later.accepts(other) {
					t.Errorf("signed with %q: a process with %q refuses a session that has not ended", line, lines)
				}
			}
		}
	})
}

func TestSessions_ASecondCookieCountsOnlyWhenTheFirstHasEnded(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redisconn.Client) {
		a := start(t, c, one)
		both, second, other := signIn(t, one), signIn(t, one), signIn(t, one)
		other.AddCookie(second.CookiesNamed(session.CookieName(site))[0])
		if got, err := a.FromRequest(other, time.Now(), site); !errors.Is(err, session.ErrNone) {
			t.Errorf("two sessions that have not ended: got %v, %v; want ErrNone", got, err)
		}
		a.signOut(both)
		both.AddCookie(second.CookiesNamed(session.CookieName(site))[0])
		want, _ := a.FromRequest(second, time.Now(), site)
		if got, err := a.FromRequest(both, time.Now(), site); err != nil || got != want {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

// An entry lasts as long as the cookie, and its time does not tell when the guest signed in.
func TestSessions_EntriesLastAsLongAsTheCookie(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redisconn.Client) {
		a := start(t, c, one, two)
		past := a.keys.Hashes(session.Session{ID: "past"})[0]
		do(t, c, "ZADD", prefix+Ended, time.Now().Unix()-1, past)
		s := a.signOut(signIn(t, two))
		entries, err := c.Universal().ZRangeWithScores(t.Context(), prefix+Ended, 0, -1).Result()
		if err != nil || len(entries) != 2 {
			t.Fatalf("Redis has %v, %v; want the two hashes of the session", entries, err)
		}
		for _, e := range entries {
			ends := time.Unix(int64(e.Score), 0)
			if late := ends.Sub(s.Ends); late < 0 || late >= day || int64(e.Score)%86400 != 0 {
				t.Errorf("an entry ends at %v, the cookie at %v", ends.UTC(), s.Ends.UTC())
			}
		}
		if left := c.Universal().PTTL(t.Context(), prefix+Ended).Val(); left < session.Lifetime {
			t.Errorf("the key expires in %v", left)
		}
		if left := c.Universal().PTTL(t.Context(), prefix+"orders").Val(); left <= 0 || left > streamExpiry {
			t.Errorf("the stream expires in %v", left)
		}
	})
}

func TestSessions_AreBounded(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redisconn.Client) {
		const most = 10
		a := NewSessions(c, prefix, keys(t, one))
		a.max = most
		for i := range 5 * most {
			s := session.Session{ID: fmt.Sprint(i), Ends: time.Now().Add(time.Duration(i) * day)}
			if err := a.End(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		if n := c.Universal().ZCard(t.Context(), prefix+Ended).Val(); n != most {
			t.Errorf("Redis has %d, want %d", n, most)
		}
		if n := len(a.ends); n > 2*most {
			t.Errorf("the process has %d, want at most %d", n, 2*most)
		}
		if err := a.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(a.ends); n < most || n > 2*most {
			t.Errorf("after a load the process has %d, want %d to %d", n, most, 2*most)
		}
		if last := a.keys.Hashes(session.Session{ID: fmt.Sprint(5*most - 1)})[0]; !a.Ended(last) {
			t.Error("the session with the last end is not among them")
		}
	})
}

// All of many pages are read, beside members that are no hashes.
func TestSessions_LoadReadsAll(t *testing.T) {
	onAll(t, func(t *testing.T, c *redisconn.Client) {
		k, ends := keys(t, one), time.Now().Add(day).Unix()
		const n = 3*scanCount + 7
		args := []any{"ZADD", prefix + Ended, ends, "no hash", ends, ""}
		for i := range n {
			args = append(args, ends, k.Hashes(session.Session{ID: fmt.Sprint(i)})[0])
		}
		do(t, c, args...)
		p := start(t, c, one)
		if len(p.ends) != n {
			t.Errorf("%d are known, want %d", len(p.ends), n)
		}
	})
}

func TestSessions_IgnoreMalformedOrders(t *testing.T) {
	x := NewSessions(nil, prefix, keys(t, one))
	good := x.keys.Hashes(session.Session{ID: "good"})[0]
	x.Apply([]string{"", " ", "soon " + good, "12", "12 short", strconv.FormatInt(1<<40, 10) + " no " + good + "x"})
	if len(x.ends) != 0 {
		t.Errorf("known are %v", x.ends)
	}
	calls := 0
	x.OnEnd(func() { calls++ })
	later := strconv.FormatInt(1<<40, 10)
	x.Apply([]string{later + " no", later + " " + good, later + " " + good})
	x.Apply([]string{later + " " + good})
	if !x.Ended(good) || calls != 1 {
		t.Errorf("known are %v, OnEnd was called %d times, want once", x.ends, calls)
	}
}

// A session that Redis cannot store ends in this process, and End returns an error.
func TestSessions_EndWithoutRedis(t *testing.T) {
	c := open(t, "redis://127.0.0.1:1?max_retries=-1")
	p := start(t, c, one)
	if err := p.Ready(t.Context()); err == nil {
		t.Error("it is ready without Redis")
	}
	if p.Known() {
		t.Error("it knows which sessions have ended")
	}
	r := signIn(t, one)
	s, err := p.FromRequest(r, time.Now(), site)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.End(t.Context(), s); err == nil {
		t.Error("the session has ended everywhere")
	}
	if p.accepts(r) {
		t.Error("it has not ended here")
	}
}
