package roomlog

import (
	"errors"
	"slices"
	"testing"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/wire"
)

func TestRemove_TakesOneMessageOnce(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		l, room := newLog(t, c, Options{}), roomNamed(t, "room")
		say(t, l, room, "before")
		id := say(t, l, room, "gone").ID
		say(t, l, room, "after")
		for i := range 2 {
			first, at, err := l.Remove(t.Context(), room, id)
			if err != nil || first != (i == 0) || at.Before(id.Time()) {
				t.Errorf("removed for the %dth time: %v, %v, %v", i, first, at, err)
			}
		}
		if page, err := l.Before(t.Context(), room, wire.FirstID(l.Now().Add(hangLimit)), 10); err != nil || !slices.Equal(texts(page.Entries), []string{"before", "after"}) {
			t.Errorf("the log has %q, %v", texts(page.Entries), err)
		}
		if ids, err := l.Removed(t.Context(), room, id); err != nil || !slices.Equal(ids, []wire.ID{id}) {
			t.Errorf("known as removed: %v, %v", ids, err)
		}
		if _, _, err := l.Remove(t.Context(), room, wire.ID{Ms: 5}); !errors.Is(err, ErrNotInLog) {
			t.Errorf("an unknown ID: %v", err)
		}
		if _, _, err := l.Remove(t.Context(), roomNamed(t, "other"), id); !errors.Is(err, ErrNotInLog) {
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
		if _, _, err := l.Remove(t.Context(), room, stored.ID); err != nil {
			t.Fatal(err)
		}
		again, err := l.Append(t.Context(), room, nonce, text(t, "gone"))
		if want := (Stored{ID: stored.ID, Known: true}); err != nil || again != want {
			t.Errorf("the retry: %+v, %v, want %+v", again, err, want)
		}
		if page, err := l.Before(t.Context(), room, wire.FirstID(l.Now().Add(hangLimit)), 10); err != nil || len(page.Entries) > 0 {
			t.Errorf("the log has %q, %v", texts(page.Entries), err)
		}
	})
}
