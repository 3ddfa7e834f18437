package follow

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/roomlog"

	"github.com/google/go-cmp/cmp"
)

func TestFollow_DeliversEntriesOfOtherProcesses(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		ours, theirs := newLog(t, c), newLog(t, c)
		room := roomNamed(t, "room")
		say(t, theirs, room, "before")
		f, w := followed(t, c, ours, room)
		for i := range 300 {
			say(t, theirs, room, fmt.Sprint(i))
		}
		w.until(t, "all have come", func() bool { return len(w.entries[room]) == 301 })
		want := []string{"before"}
		for i := range 300 {
			want = append(want, fmt.Sprint(i))
		}
		if diff := cmp.Diff(want, w.texts(room)); diff != "" {
			t.Error(diff)
		}
		f.Unwatch(room)
		say(t, theirs, room, "after")
		f.Watch(room)
		w.until(t, "the room is loaded again", func() bool { return w.resets[room] == 2 })
		if got := w.texts(room); got[len(got)-1] != "after" {
			t.Errorf("the newest entry is %q", got[len(got)-1])
		}
	})
}

func TestFollow_RefreshBringsUnnotifiedEntries(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		l, room := newLog(t, c), roomNamed(t, "room")
		f, w := followed(t, c, l, room)
		if err := c.Universal().Do(t.Context(), "XADD", logKey(room), "*", "m", "without notification").Err(); err != nil {
			t.Fatal(err)
		}
		f.Refresh(room)
		w.until(t, "the refresh is done", func() bool { return w.refreshed[room] == 1 })
		if diff := cmp.Diff([]string{"without notification"}, w.texts(room)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFollow_TellsAGapWhenTheLogIsGone(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		l, room := newLog(t, c), roomNamed(t, "room")
		_, w := followed(t, c, l, room)
		lost := say(t, l, room, "lost")
		w.until(t, "it has come", func() bool { return len(w.entries[room]) == 1 })
		if err := c.Universal().Del(t.Context(), logKey(room)).Err(); err != nil {
			t.Fatal(err)
		}
		// A log begun anew in the same millisecond would use the same ID again.
		for !time.Now().After(lost.ID.Time().Add(time.Millisecond)) {
			runtime.Gosched()
		}
		say(t, l, room, "new")
		w.until(t, "the gap is told", func() bool { return w.resets[room] == 2 && len(w.entries[room]) == 1 })
		if diff := cmp.Diff([]string{"new"}, w.texts(room)); diff != "" {
			t.Error(diff)
		}
	})
}

// An entry that was trimmed by age was delivered before: nothing is missing.
func TestFollow_GoesOnWithoutAGapWhenTheLastEntryExpired(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		l, room := newLog(t, c), roomNamed(t, "room")
		old := time.Now().Add(-roomlog.DefaultRetention + 30*time.Second).UnixMilli()
		if err := c.Universal().Do(t.Context(), "XADD", logKey(room), fmt.Sprint(old, "-0"), "m", "old").Err(); err != nil {
			t.Fatal(err)
		}
		_, w := followed(t, c, l, room)
		if err := c.Universal().Do(t.Context(), "XDEL", logKey(room), fmt.Sprint(old, "-0")).Err(); err != nil {
			t.Fatal(err)
		}
		say(t, l, room, "new")
		w.until(t, "the new one has come", func() bool { return len(w.entries[room]) > 0 && w.entries[room][len(w.entries[room])-1].Text == "new" })
		if diff := cmp.Diff([]string{"old", "new"}, w.texts(room)); diff != "" || w.gaps(room) != 0 {
			t.Errorf("%d gaps, %s", w.gaps(room), diff)
		}
	})
}

func TestFollow_GoesOnAfterAKilledRedis(t *testing.T) {
	server := redistest.Start(t)
	c := server.Client()
	defer c.Close()
	l, room := roomlog.New(c, roomlog.Options{Patience: time.Minute}), roomNamed(t, "room")
	defer l.Close()
	_, w := followed(t, c, l, room)
	say(t, l, room, "before")
	server.Kill()
	server.Run()
	say(t, l, room, "after")
	w.until(t, "both have come", func() bool { return len(w.entries[room]) == 2 })
	if diff := cmp.Diff([]string{"before", "after"}, w.texts(room)); diff != "" || w.gaps(room) != 0 {
		t.Errorf("%d gaps, %s", w.gaps(room), diff)
	}
}

// Somebody may XADD by hand, more than one read brings.
func TestFollow_PassesOverEntriesThatAreNoMessages(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		l, room := newLog(t, c), roomNamed(t, "room")
		stray := func() {
			t.Helper()
			for range manyEntries + 2 {
				if err := c.Universal().Do(t.Context(), "XADD", logKey(room), "*", "other", "x").Err(); err != nil {
					t.Fatal(err)
				}
			}
		}
		say(t, l, room, "before")
		stray()
		f, w := followed(t, c, l, room)
		say(t, l, room, "between")
		stray()
		say(t, l, room, "after")
		f.Refresh(room)
		w.until(t, "the refresh is done", func() bool { return w.refreshed[room] == 1 })
		want := []string{"between", "after"} // the load brings the newest entries only
		if diff := cmp.Diff(want, w.texts(room)); diff != "" || w.gaps(room) != 0 {
			t.Errorf("%d gaps, %s", w.gaps(room), diff)
		}
	})
}

// Everything that is delivered is flushed, also under load.
func TestFollow_FlushesWhatItDelivers(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		l, room := newLog(t, c), roomNamed(t, "room")
		_, w := followed(t, c, l, room)
		const n = 500
		for i := range n {
			sayAsync(t, l, room, fmt.Sprint(i))
		}
		w.until(t, "all have come and are flushed", func() bool { return len(w.entries[room]) == n && !w.unflushed[room] })
	})
}

// Each step says one message more, and wants others to be notified or not.
func TestAppend_NotifiesOnlyForOthers(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		ours, theirs := newLog(t, c), newLog(t, c)
		room, w := roomNamed(t, "room"), newWatcher()
		f := New(c, ours, w, 24*time.Hour)
		defer f.Close()
		p := tapped(f, w)
		f.Watch(room)
		w.until(t, "the room is loaded", func() bool { return w.resets[room] == 1 })
		awaitSubscription(t, c, ours, room)

		n, want := 0, 0
		channel, _ := ours.Channels(room)
		step := func(l *roomlog.Log, what string, notifies bool) {
			t.Helper()
			n++
			say(t, l, room, what)
			if notifies {
				want++
			}
			w.until(t, what+" has come", func() bool { return len(w.entries[room]) == n })
			// The notification of a fence comes after every one before it.
			fence := roomNamed(t, fmt.Sprint("fence ", n))
			f.Watch(fence)
			p.awaitConfirmed(t, c, f, ours, theirs, fence)
			w.until(t, "", func() bool {
				if got := p.count[channel]; got != want {
					t.Errorf("%s: %d notifications so far, want %d", what, got, want)
				}
				return true
			})
		}
		step(ours, "ours, alone", false)
		step(theirs, "theirs", true)

		g, other := followed(t, c, theirs, room)
		step(ours, "ours, beside another process", true)
		other.until(t, "the other has it", func() bool { return len(other.entries[room]) == 3 })
		g.Unwatch(room)
		for deadline := time.Now().Add(time.Minute); c.Universal().PubSubNumSub(t.Context(), channel).Val()[channel] != 1; {
			if time.Now().After(deadline) {
				t.Fatal("the other is still subscribed")
			}
		}
		step(ours, "ours, alone again", false)
	})
}

// A room was empty when it was loaded. While its process hears nothing, others say more than the
// log keeps.
func TestFollow_AnEmptyRoomThatOverflowsUnseenHasAGap(t *testing.T) {
	c := redistest.Start(t).Client()
	defer c.Close()
	room := roomNamed(t, "room")
	ours, theirs := newLog(t, c), newLog(t, c)
	f, w := followed(t, c, ours, room)
	p := tapped(f, w)
	w.note(func() { p.hold = true })
	const said = 200 // the log keeps about 130 texts of so many bytes
	for i := range said {
		say(t, theirs, room, fmt.Sprint(i, strings.Repeat("e\u0302\u0302", 1400)))
	}
	f.Refresh(room)
	w.until(t, "refreshed", func() bool { return w.refreshed[room] == 1 })
	if got := w.texts(room); len(got) >= said || w.gaps(room) != 1 {
		t.Errorf("%d of %d entries and %d gaps, want fewer entries and a gap", len(got), said, w.gaps(room))
	}
}
