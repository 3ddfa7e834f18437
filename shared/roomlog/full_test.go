package roomlog

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"chatter/shared/capacity"
	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/wire"
)

// reach fills Redis to a share and waits until the watch knows.
func reach(t *testing.T, server *redistest.Server, watch *capacity.Watch, share float64, step capacity.Step) {
	t.Helper()
	server.Fill(share)
	limit := time.After(hangLimit)
	for watch.Step() != step {
		select {
		case <-limit:
			t.Fatalf("at a share of %v the step is %v (%v), want %v", share, watch.Step(), watch.Share(), step)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestAppend_RefusesInStepsWhatThereIsNoRoomFor(t *testing.T) {
	server := redistest.Start(t)
	c := server.Client()
	defer c.Close()
	watch := capacity.Start(c, slog.New(slog.DiscardHandler))
	defer watch.Close()
	l, used := newLog(t, c, Options{Capacity: watch}), roomNamed(t, "used")
	short, long := text(t, strings.Repeat("x", capacity.MaxShortBytes)), text(t, strings.Repeat("x", capacity.MaxShortBytes+1))
	nonce := wire.NewNonce()
	before, err := l.Append(t.Context(), used, nonce, long)
	if err != nil {
		t.Fatal(err)
	}
	names := 0
	for _, tt := range []struct {
		share             float64
		step              capacity.Step
		short, long, room capacity.Step // what they are refused for
	}{
		{0.5, capacity.Open, 0, 0, 0},
		{0.85, capacity.NoNewNames, 0, 0, 0},
		{0.92, capacity.NoNewRooms, 0, 0, capacity.NoNewRooms},
		{0.97, capacity.ShortTexts, 0, capacity.ShortTexts, capacity.NoNewRooms},
		{1.1, capacity.Exhausted, capacity.Exhausted, capacity.ShortTexts, capacity.NoNewRooms},
		{0.5, capacity.Open, 0, 0, 0},
	} {
		reach(t, server, watch, tt.share, tt.step)
		names++
		room := roomNamed(t, strings.Repeat("new", names))
		for what, try := range map[string]struct {
			err  error
			want capacity.Step
		}{
			"a short text":      {appendTo(t, l, used, short), tt.short},
			"a long text":       {appendTo(t, l, used, long), tt.long},
			"a text in no room": {appendTo(t, l, room, short), tt.room},
		} {
			full, refused := errors.AsType[capacity.Full](try.err)
			if refused != (try.want != 0) || full.Step != try.want || !refused && try.err != nil {
				t.Errorf("at %v: %s: %v, want it refused for %v", tt.share, what, try.err, try.want)
			}
			if errors.Is(try.err, redisconn.ErrUnavailable) {
				t.Errorf("at %v: %s: a refusal is no failure of Redis", tt.share, what)
			}
		}
		// A message that is stored is acked, whatever is refused now.
		if again, err := l.Append(t.Context(), used, nonce, long); err != nil || !again.Known || again.ID != before.ID {
			t.Errorf("at %v: a stored message again: %+v, %v", tt.share, again, err)
		}
		if page, err := l.Before(t.Context(), used, wire.ID{Ms: 1 << 60}, 10); err != nil || len(page.Entries) == 0 {
			t.Errorf("at %v: reading: %v", tt.share, err)
		}
	}
	if n := watch.Refused(capacity.NoNewRooms); n != 3 {
		t.Errorf("%d refusals of new rooms, want 3", n)
	}
}

func appendTo(t *testing.T, l *Log, room name.Room, s wire.Text) error {
	t.Helper()
	_, err := l.Append(t.Context(), room, wire.NewNonce(), s)
	return err
}

// Redis may be full before a process knows: the share is at most a second old.
func TestAppend_TakesAFullRedisForFull(t *testing.T) {
	server := redistest.Start(t)
	c := server.Client()
	defer c.Close()
	l, room := newLog(t, c, Options{}), roomNamed(t, "room")
	server.Fill(1.1)
	err := appendTo(t, l, room, text(t, "x"))
	if full, ok := errors.AsType[capacity.Full](err); !ok || full.Step != capacity.Exhausted || errors.Is(err, redisconn.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	server.Fill(0.5)
	if err := appendTo(t, l, room, text(t, "x")); err != nil {
		t.Error(err)
	}
}

// The message after a refused one is the first that the log keeps: it gives the log its expiry.
func TestCapacity_TheLogAfterARefusalExpires(t *testing.T) {
	server := redistest.Start(t)
	c := server.Client()
	defer c.Close()
	watch := capacity.Start(c, slog.New(slog.DiscardHandler))
	defer watch.Close()
	l, room := newLog(t, c, Options{Capacity: watch}), roomNamed(t, "room")
	reach(t, server, watch, 0.92, capacity.NoNewRooms)
	if err := appendTo(t, l, room, text(t, "x")); err == nil {
		t.Fatal("not refused")
	}
	reach(t, server, watch, 0.5, capacity.Open)
	if err := appendTo(t, l, room, text(t, "x")); err != nil {
		t.Fatal(err)
	}
	if ttl := c.Universal().PTTL(t.Context(), l.keys.log(room)).Val(); ttl <= 0 {
		t.Errorf("the log's TTL is %v: it never expires", ttl)
	}
}
