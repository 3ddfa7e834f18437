package roomlog

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/wire"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
)

// No read returns an expired entry, whatever the process's own clock says, and the first
// read of a process is no exception.
func TestReads_LeaveOutWhatExpiredByTheClockOfRedis(t *testing.T) {
	const day = 24 * time.Hour
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		ctx, room := t.Context(), roomNamed(t, "room")
		now, err := c.Universal().Time(ctx).Result()
		if err != nil {
			t.Fatal(err)
		}
		var ids []wire.ID
		for i, age := range []time.Duration{3 * day, day + 2*time.Second, day + time.Millisecond, day - 10*time.Minute, time.Minute} {
			ids = append(ids, wire.FirstID(now.Add(-age)))
			if err := c.Universal().Do(ctx, "XADD", "chatter:room:{room}:log", ids[i].String(), "m", fmt.Sprint(i)).Err(); err != nil {
				t.Fatal(err)
			}
		}
		fresh := []string{"3", "4"}
		for what, read := range map[string]func(l *Log) (texts []string, more bool){
			"newest": func(l *Log) ([]string, bool) {
				b := c.Batch()
				page := l.Newest(b, room, 3)
				if err := b.Run(ctx); err != nil {
					t.Error(err)
				}
				return texts(page.Entries), page.More
			},
			"before": func(l *Log) ([]string, bool) {
				page, err := l.Before(ctx, room, wire.ID{Ms: 1 << 60}, 2)
				if err != nil {
					t.Error(err)
				}
				return texts(page.Entries), page.More
			},
			"after an expired one": func(l *Log) ([]string, bool) {
				entries, gap, err := l.After(ctx, room, ids[0], 2)
				if err != nil {
					t.Error(err)
				}
				return texts(entries), gap
			},
			"newest of the follower": func(l *Log) ([]string, bool) {
				f := newFakeReader()
				f.read.Newest = true
				l.SetReaders(f.of)
				o := forward(l, f, room, wire.ID{}, 3)
				if o.Err != nil || o.Last != ids[4] {
					t.Errorf("last %v, want %v: %v", o.Last, ids[4], o.Err)
				}
				return texts(o.Entries), o.More
			},
			"forward": func(l *Log) ([]string, bool) {
				f := newFakeReader()
				l.SetReaders(f.of)
				o := forward(l, f, room, ids[0], 10)
				if o.Err != nil || o.Last != ids[4] {
					t.Errorf("last %v, want %v: %v", o.Last, ids[4], o.Err)
				}
				return texts(o.Entries), o.Gap || o.More
			},
		} {
			for _, wrong := range []time.Duration{-100 * day, 0, 100 * day} {
				l := newLog(t, c, Options{Clock: func() time.Time { return time.Now().Add(wrong) }})
				got, more := read(l)
				if diff := cmp.Diff(fresh, got); diff != "" || more {
					t.Errorf("%s, clock wrong by %v: more or gap %v: %s", what, wrong, more, diff)
				}
			}
		}
	})
}

// Redis's clock may be set, or another server may take over.
func TestClock_FollowsRedis(t *testing.T) {
	m := miniredis.RunT(t)
	c, err := redisconn.Open("redis://" + m.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	local := time.Now()
	l, room := newLog(t, c, Options{Clock: func() time.Time { return local }}), roomNamed(t, "room")
	begun := time.Unix(1_000_000_000, 0)
	m.SetTime(begun)
	id := say(t, l, room, "x").ID
	for _, tt := range []struct {
		passed, told time.Duration // on the process's clock, on Redis's
		want         time.Duration
	}{
		{0, 0, 0},
		{askEvery - 1, 0, askEvery - 1},
		{askEvery, 25 * time.Hour, 25 * time.Hour},
		{askEvery, -time.Hour, -time.Hour},
	} {
		local = local.Add(tt.passed)
		m.SetTime(begun.Add(tt.told))
		page, err := l.Before(t.Context(), room, wire.ID{Ms: 1 << 60}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Now().Sub(begun); got != tt.want {
			t.Errorf("%v after it was asked: %v, want %v", tt.passed, got, tt.want)
		}
		if expired := tt.want > DefaultRetention; l.Expired(id) != expired || len(page.Entries) == 1 == expired {
			t.Errorf("at %v: expired %v, %d entries", tt.want, l.Expired(id), len(page.Entries))
		}
	}
}

// Neither a message nor a read costs Redis a question for the time.
func TestClock_AsksNowAndThen(t *testing.T) {
	c := redistest.Start(t).Client()
	t.Cleanup(func() { c.Close() })
	local := time.Now()
	l, room := newLog(t, c, Options{Clock: func() time.Time { return local }}), roomNamed(t, "room")
	for range 3 {
		for range 20 {
			id := say(t, l, room, "x").ID
			if _, err := l.Before(t.Context(), room, id, 1); err != nil {
				t.Fatal(err)
			}
			if _, _, err := l.After(t.Context(), room, id, 1); err != nil {
				t.Fatal(err)
			}
		}
		local = local.Add(askEvery)
	}
	stats, err := c.Universal().Info(t.Context(), "commandstats").Result()
	if err != nil || !strings.Contains(stats, "cmdstat_time:calls=3,") {
		t.Errorf("Redis was not asked 3 times: %v, %s", err, stats)
	}
}
