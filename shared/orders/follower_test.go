package orders

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"
)

const kind = "kind"

// recorder is a Handler that notes its calls.
type recorder struct {
	loads  int
	err    error // of Load
	values []string
}

func (r *recorder) Load(context.Context) error { r.loads++; return r.err }
func (r *recorder) Apply(values []string)      { r.values = append(r.values, values...) }
func (r *recorder) String() string             { return fmt.Sprintf("%d loads, %q", r.loads, r.values) }
func (r *recorder) is(n int, values ...string) bool {
	return r.loads == n && slices.Equal(r.values, values)
}

// follow returns a Follower that reads when the test tells it.
func follow(t *testing.T, c *redisconn.Client) (*recorder, *Follower) {
	t.Helper()
	r := new(recorder)
	f := newFollower(c, prefix, slog.New(slog.DiscardHandler), map[string]Handler{kind: r})
	read(t, f)
	return r, f
}

func read(t *testing.T, f *Follower) {
	t.Helper()
	if err := f.read(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func order(t *testing.T, c *redisconn.Client, kind string, values ...string) {
	t.Helper()
	for _, value := range values {
		if err := announce(t.Context(), c, prefix, kind, value); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFollower_ReadsEachOrderOnceInOrder(t *testing.T) {
	onAll(t, func(t *testing.T, c *redisconn.Client) {
		order(t, c, kind, "before")
		r, f := follow(t, c)
		if !r.is(1) {
			t.Errorf("at first: %v", r)
		}
		var want []string
		for i := range 3*pageOrders + 1 {
			want = append(want, fmt.Sprint(i))
		}
		order(t, c, kind, want...)
		order(t, c, "unknown", "ignored")
		read(t, f)
		read(t, f)
		if !r.is(1, want...) {
			t.Errorf("then: %v", r)
		}
	})
}

// In doubt, all that is in force is read again, and once: orders that follow are read from
// the stream.
func TestFollower_LoadsInDoubt(t *testing.T) {
	stream := prefix + "orders"
	for name, doubt := range map[string]func(t *testing.T, c *redisconn.Client, f *Follower){
		"the last order was trimmed": func(t *testing.T, c *redisconn.Client, _ *Follower) {
			order(t, c, kind, "missed", "newest")
			do(t, c, "XTRIM", stream, "MAXLEN", 1)
		},
		"all orders were trimmed": func(t *testing.T, c *redisconn.Client, _ *Follower) { do(t, c, "XTRIM", stream, "MAXLEN", 0) },
		"the stream is gone":      func(t *testing.T, c *redisconn.Client, _ *Follower) { do(t, c, "DEL", stream) },
		"a minute has passed":     func(_ *testing.T, _ *redisconn.Client, f *Follower) { f.loadedAt = time.Now().Add(-reloadEvery) },
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, c *redisconn.Client) {
				order(t, c, kind, "before")
				r, f := follow(t, c)
				doubt(t, c, f)
				read(t, f)
				read(t, f)
				if !r.is(2) {
					t.Errorf("after the doubt: %v, want 2 loads", r)
				}
				// An empty stream leaves a doubt of its own.
				order(t, c, kind, "first")
				read(t, f)
				loads := r.loads
				order(t, c, kind, "second")
				read(t, f)
				if r.loads != loads || loads > 3 || r.values[len(r.values)-1] != "second" {
					t.Errorf("then: %v, want %d loads, and second last", r, loads)
				}
			})
		})
	}
}

// An order that is given while the handlers load is not missed.
func TestFollower_AnOrderDuringTheLoadComesAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redisconn.Client) {
		order(t, c, kind, "before")
		r, f := follow(t, c)
		f.handlers["other"] = handlerFunc(func() { order(t, c, kind, "meanwhile") })
		f.loadedAt = time.Time{}
		read(t, f)
		read(t, f)
		if !slices.Contains(r.values, "meanwhile") {
			t.Errorf("got %v", r)
		}
	})
}

type handlerFunc func()

func (f handlerFunc) Load(context.Context) error { f(); return nil }
func (handlerFunc) Apply([]string)               {}

func TestFollower_IsReadyWhenAllHasBeenRead(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redisconn.Client) {
		r, text := &recorder{err: errors.New("no")}, new(strings.Builder)
		f := newFollower(c, prefix, slog.New(slog.NewTextHandler(text, nil)), map[string]Handler{kind: r})
		for range 2 {
			f.poll(t.Context())
			if err := f.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "have not been read") {
				t.Errorf("ready before a load has succeeded: %v", err)
			}
		}
		r.err = nil
		f.poll(t.Context())
		if err := f.Ready(t.Context()); err != nil {
			t.Errorf("not ready after it: %v", err)
		}
		if log := text.String(); strings.Count(log, "cannot be read") != 1 || strings.Count(log, "can be read again") != 1 {
			t.Errorf("the log says:\n%s", log)
		}
	})
}

// Redis is killed, comes back, and goes back in time: what was ended stays so, and the
// Follower goes on.
func TestFollower_OutlivesRedis(t *testing.T) {
	server := redistest.Start(t)
	c := open(t, server.URL)
	a, b := start(t, c, one), start(t, c, one)
	end := func(what string) {
		t.Helper()
		r := signIn(t, one)
		a.signOut(r)
		await(t, what, func() bool { return !b.accepts(r) })
	}
	end("the first session has ended")
	restore := server.Snapshot()
	server.Kill()
	server.Run()
	lost := signIn(t, one)
	a.signOut(lost)
	await(t, "the session has ended that Redis will lose", func() bool { return !b.accepts(lost) })
	restore()
	end("a session has ended that came after it")
	if b.accepts(lost) || a.accepts(lost) {
		t.Error("the session that Redis has lost is accepted again")
	}
}
