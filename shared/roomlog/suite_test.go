package roomlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
)

// hangLimit is after how long a test says that something hangs.
const hangLimit = 2 * time.Minute

// newLog has a log that waits as long for Redis as the test does, unless the test says
// otherwise.
func newLog(t testing.TB, c *redisconn.Client, o Options) *Log {
	if o.Patience == 0 {
		o.Patience = hangLimit
	}
	l := New(c, o)
	t.Cleanup(l.Close)
	return l
}

func roomNamed(t testing.TB, s string) name.Room {
	t.Helper()
	r, err := name.ParseRoom(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func text(t testing.TB, s string) wire.Text {
	t.Helper()
	x, err := wire.ParseText(s)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func say(t testing.TB, l *Log, room name.Room, s string) wire.Stored {
	t.Helper()
	stored, err := l.Append(t.Context(), room, wire.NewNonce(), text(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func texts(entries []wire.Entry) []string {
	out := []string{}
	for _, e := range entries {
		out = append(out, e.Text)
	}
	return out
}

func TestAppend_StoresOncePerNonce(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		l, room, nonce := newLog(t, c, Options{}), roomNamed(t, "room"), wire.NewNonce()
		first, err := l.Append(t.Context(), room, nonce, text(t, "once"))
		if err != nil {
			t.Fatal(err)
		}
		again, err := l.Append(t.Context(), room, nonce, text(t, "once"))
		if err != nil {
			t.Fatal(err)
		}
		if first.Known || !again.Known || first.ID != again.ID {
			t.Errorf("first %+v, again %+v: want one ID, the second known", first, again)
		}
		page, err := l.Before(t.Context(), room, wire.ID{Ms: 1 << 60}, 10)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"once"}, texts(page.Entries)); diff != "" {
			t.Error(diff)
		}
		if other, err := l.Append(t.Context(), roomNamed(t, "other"), nonce, text(t, "x")); err != nil || other.Known {
			t.Errorf("the same nonce in another room: %+v, %v; want a new entry", other, err)
		}
	})
}

func TestSubmit_KeepsTheOrderOfCalls(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		l := newLog(t, c, Options{})
		const rooms, each = 7, 150
		var waiting sync.WaitGroup
		for i := range each {
			for r := range rooms {
				waiting.Add(1)
				l.Submit(roomNamed(t, fmt.Sprint("room ", r)), wire.NewNonce(), text(t, fmt.Sprint(i)), func(_ wire.Stored, err error) {
					if err != nil {
						t.Error(err)
					}
					waiting.Done()
				}, nil)
			}
		}
		waiting.Wait()
		for r := range rooms {
			entries, gap, err := l.After(t.Context(), roomNamed(t, fmt.Sprint("room ", r)), wire.ID{}, 1000)
			if err != nil || gap {
				t.Fatalf("After zero: gap %v, %v", gap, err)
			}
			want := []string{}
			for i := range each {
				want = append(want, fmt.Sprint(i))
			}
			if diff := cmp.Diff(want, texts(entries)); diff != "" {
				t.Errorf("room %d: %s", r, diff)
			}
		}
	})
}

func TestAppend_TrimsByAgeAndLength(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		ctx, rdb := t.Context(), c.Universal()
		l, room := newLog(t, c, Options{MaxLen: 100}), roomNamed(t, "room")
		key := "chatter:room:{room}:log"
		old := time.Now().Add(-25 * time.Hour).UnixMilli()
		if err := rdb.Do(ctx, "XADD", key, fmt.Sprintf("%d-0", old), "m", "yesterday").Err(); err != nil {
			t.Fatal(err)
		}
		say(t, l, room, "today")
		if n := rdb.XLen(ctx, key).Val(); n != 1 {
			t.Errorf("%d entries are stored, one is not past the retention", n)
		}
		for i := range 400 {
			say(t, l, room, fmt.Sprint(i))
		}
		if n := rdb.XLen(ctx, key).Val(); n < 100 || n > 250 {
			t.Errorf("%d entries kept, want about 100", n)
		}
		if ttl := rdb.PTTL(ctx, key).Val(); ttl <= 24*time.Hour || ttl > 24*time.Hour+2*trimEvery {
			t.Errorf("the log expires in %v, want 24h and two minutes", ttl)
		}
		nonce := wire.NewNonce()
		if _, err := l.Append(ctx, room, nonce, text(t, "x")); err != nil {
			t.Fatal(err)
		}
		if ttl := rdb.PTTL(ctx, l.keys.nonce(room, nonce)).Val(); ttl <= 59*time.Minute || ttl > time.Hour {
			t.Errorf("the nonce expires in %v, want 1h", ttl)
		}
	})
}

func TestRanges(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		ctx := t.Context()
		l, room := newLog(t, c, Options{}), roomNamed(t, "{a}b")
		var ids []wire.ID
		for i := range 9 {
			ids = append(ids, say(t, l, room, fmt.Sprint(i)).ID)
		}
		b := c.Batch()
		newest, all := l.Newest(b, room, 3), l.Newest(b, room, 9)
		if err := b.Run(ctx); err != nil {
			t.Fatal(err)
		}
		check := func(what string, got []wire.Entry, gotMore bool, want []string, more bool) {
			t.Helper()
			if diff := cmp.Diff(want, texts(got)); diff != "" || gotMore != more {
				t.Errorf("%s: more %v want %v, %s", what, gotMore, more, diff)
			}
		}
		check("newest 3", newest.Entries, newest.More, []string{"6", "7", "8"}, true)
		check("newest 9", all.Entries, all.More, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8"}, false)
		page, err := l.Before(ctx, room, ids[6], 3)
		if err != nil {
			t.Fatal(err)
		}
		check("before", page.Entries, page.More, []string{"3", "4", "5"}, true)
		if page, err = l.Before(ctx, room, ids[3], 3); err != nil {
			t.Fatal(err)
		}
		check("before, to the beginning", page.Entries, page.More, []string{"0", "1", "2"}, false)
		entries, gap, err := l.After(ctx, room, ids[6], 10)
		if err != nil || gap {
			t.Fatalf("After: gap %v, %v", gap, err)
		}
		check("after", entries, false, []string{"7", "8"}, false)
		gone := ids[6]
		gone.Seq += 1000
		if _, gap, err := l.After(ctx, room, gone, 10); err != nil || !gap {
			t.Errorf("After an ID that is none: gap %v, %v", gap, err)
		}
	})
}

func TestAppend_FailsAfterItsPatience(t *testing.T) {
	c, err := redisconn.Open("unix:///nonexistent/redis.sock")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	l := newLog(t, c, Options{Patience: 100 * time.Millisecond})
	_, err = l.Append(t.Context(), roomNamed(t, "room"), wire.NewNonce(), text(t, "x"))
	if !errors.Is(err, redisconn.ErrUnavailable) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
}

func TestAppend_SurvivesAKilledRedis(t *testing.T) {
	server := redistest.Start(t)
	c := server.Client()
	defer c.Close()
	l, room := newLog(t, c, Options{}), roomNamed(t, "room")
	say(t, l, room, "before")
	server.Kill()
	var waiting sync.WaitGroup
	for i := range 50 {
		waiting.Add(1)
		l.Submit(room, wire.NewNonce(), text(t, fmt.Sprint(i)), func(_ wire.Stored, err error) {
			if err != nil {
				t.Error(err)
			}
			waiting.Done()
		}, nil)
	}
	server.Run()
	waiting.Wait()
	entries, _, err := l.After(t.Context(), room, wire.ID{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"before"}
	for i := range 50 {
		want = append(want, fmt.Sprint(i))
	}
	if diff := cmp.Diff(want, texts(entries)); diff != "" {
		t.Error(diff)
	}
}

// A Redis that takes connections and never answers: each message is refused when the
// patience is over, not when those before it have had their tries.
func TestAppend_FailsInTimeBehindManyOthers(t *testing.T) {
	for _, rooms := range []int{1, 50} {
		t.Run(fmt.Sprint(rooms, " rooms"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { failInTime(t, rooms) })
		})
	}
}

func failInTime(t *testing.T, rooms int) {
	c := redisconn.Wrap(redis.NewClient(&redis.Options{
		// A name would be looked up, with what the net package keeps outside the bubble.
		Addr: "127.0.0.1:6379", Protocol: 2, DisableIdentity: true, ContextTimeoutEnabled: true,
		// No retries: go-redis would sleep between them with a lock held.
		MaxRetries: -1, DialerRetries: 1,
		Dialer: func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go io.Copy(io.Discard, far)
			return near, nil
		},
	}))
	defer c.Close()
	const patience = 100 * time.Millisecond
	l := New(c, Options{Patience: patience})
	defer l.Close()
	var waiting sync.WaitGroup
	for i := range 2000 {
		waiting.Add(1)
		begun := time.Now()
		l.Submit(roomNamed(t, fmt.Sprint(i%rooms)), wire.NewNonce(), text(t, "x"), func(_ wire.Stored, err error) {
			if !errors.Is(err, redisconn.ErrUnavailable) {
				t.Errorf("error %v, want ErrUnavailable", err)
			}
			// It waits for a try that has begun before the patience was over.
			if took := time.Since(begun); took > patience+commitTimeout {
				t.Errorf("message %d was refused after %v, want at most %v", i, took, patience+commitTimeout)
			}
			waiting.Done()
		}, nil)
	}
	waiting.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queued != 0 || l.queuedBytes != 0 {
		t.Errorf("%d messages, %d bytes are still counted", l.queued, l.queuedBytes)
	}
}
