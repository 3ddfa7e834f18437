package roomlog

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/wire"

	"github.com/redis/go-redis/v9"
)

func TestRemove_TakesOneMessageOnce(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		l, room := newLog(t, c, Options{}), roomNamed(t, "room")
		say(t, l, room, "before")
		id := say(t, l, room, "gone").ID
		say(t, l, room, "after")
		for range 2 {
			if removed, err := l.Remove(t.Context(), room, id); err != nil || removed.ID != id || removed.At < id.Ms {
				t.Errorf("removed: %v, %v", removed, err)
			}
		}
		if page, err := l.Before(t.Context(), room, wire.FirstID(l.Now().Add(hangLimit)), 10); err != nil || !slices.Equal(texts(page.Entries), []string{"before", "after"}) {
			t.Errorf("the log has %q, %v", texts(page.Entries), err)
		}
		for since, want := range map[wire.ID]int{{}: 1, id: 1, wire.FirstID(l.Now().Add(hangLimit + time.Minute)): 0} {
			if removed, err := l.Removed(t.Context(), room, since); err != nil || len(removed) != want || want > 0 && removed[0].ID != id {
				t.Errorf("removed since %v: %v, %v", since, removed, err)
			}
		}
		if _, err := l.Remove(t.Context(), room, wire.ID{Ms: 5}); !errors.Is(err, ErrNotInLog) {
			t.Errorf("an unknown ID: %v", err)
		}
		if _, err := l.Remove(t.Context(), roomNamed(t, "other"), id); !errors.Is(err, ErrNotInLog) {
			t.Errorf("an ID of another room: %v", err)
		}
	})
}

// A retry finds its nonce, although the message is gone.
func TestRemove_ARetryDoesNotStoreItAgain(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		l, room, nonce := newLog(t, c, Options{}), roomNamed(t, "room"), wire.NewNonce()
		stored, err := l.Append(t.Context(), room, nonce, text(t, "gone"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Remove(t.Context(), room, stored.ID); err != nil {
			t.Fatal(err)
		}
		again, err := l.Append(t.Context(), room, nonce, text(t, "gone"))
		if want := (wire.Stored{ID: stored.ID, Known: true}); err != nil || again != want {
			t.Errorf("the retry: %+v, %v, want %+v", again, err, want)
		}
		if page, err := l.Before(t.Context(), room, wire.FirstID(l.Now().Add(hangLimit)), 10); err != nil || len(page.Entries) > 0 {
			t.Errorf("the log has %q, %v", texts(page.Entries), err)
		}
	})
}

func TestRemoved_LeavesOutWhatSomebodyAddedByHand(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		l, room := newLog(t, c, Options{}), roomNamed(t, "room")
		id := say(t, l, room, "gone").ID
		removed, err := l.Remove(t.Context(), room, id)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Universal().ZAdd(t.Context(), l.keys.removed(room), redis.Z{Score: float64(removed.At), Member: "by hand"}).Err(); err != nil {
			t.Fatal(err)
		}
		if all, err := l.Removed(t.Context(), room, wire.ID{}); err != nil || !slices.Equal(all, []wire.Removal{removed}) {
			t.Errorf("removed: %v, %v, want %v", all, err, removed)
		}
	})
}

// A log that was full may have been trimmed before it was emptied.
func TestEmpty_LeavesNoWholeLogOfOneThatWasFull(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		l, f := newLog(t, c, Options{MaxLen: 8}), newFakeReader()
		f.read.Newest = true
		for said, more := range map[int]bool{5: false, 8: true} {
			room := roomNamed(t, fmt.Sprint("room ", said))
			for range said {
				say(t, l, room, "something")
			}
			if err := l.Empty(t.Context(), room, func([]wire.Removal) error { return nil }); err != nil {
				t.Fatal(err)
			}
			l.SetReaders(f.of)
			o := forward(l, f, room, wire.ID{}, 10)
			l.SetReaders(nil)
			if o.Err != nil || o.More != more || len(o.Entries) > 0 {
				t.Errorf("%d messages were said: %+v, want more %v", said, o, more)
			}
		}
	})
}

func TestEmpty_TakesAllThatWasSaid(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		l, room := newLog(t, c, Options{MaxLen: removeAtOnce + 10}), roomNamed(t, "room")
		var said []wire.ID
		for i := range removeAtOnce + 10 { // the log is full
			said = append(said, say(t, l, room, fmt.Sprint(i)).ID)
		}
		var removed []wire.ID
		empty := func() error {
			return l.Empty(t.Context(), room, func(some []wire.Removal) error {
				for _, r := range some {
					removed = append(removed, r.ID)
				}
				return nil
			})
		}
		if err := empty(); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(removed, wire.ID.Compare)
		if !slices.Equal(removed, said) {
			t.Errorf("%d removed, want %d", len(removed), len(said))
		}
		say(t, l, room, "later")
		for _, cursor := range []wire.ID{said[5], said[len(said)-1]} {
			if entries, gap, err := l.After(t.Context(), room, cursor, 10); err != nil || gap || !slices.Equal(texts(entries), []string{"later"}) {
				t.Errorf("after %v: %q, gap %v, %v", cursor, texts(entries), gap, err)
			}
		}
		n := 0
		if err := l.RemovedIn(t.Context(), []name.Room{roomNamed(t, "other"), room}, func(of name.Room, some []wire.Removal) {
			if of == room {
				n = len(some)
			}
		}); err != nil || n != len(said) {
			t.Errorf("%d known as removed, %v", n, err)
		}
		failed := errors.New("failed")
		if err := l.Empty(t.Context(), room, func([]wire.Removal) error { return failed }); err != failed {
			t.Errorf("the caller's error: %v", err)
		}
		if err := empty(); err != nil {
			t.Errorf("an empty room: %v", err)
		}
	})
}
