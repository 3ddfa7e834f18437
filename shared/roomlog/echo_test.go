package roomlog

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/wire"
)

// Each step says one message more, and wants it published or not.
func TestAppend_PublishesOnlyForOthers(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redisconn.Client) {
		ours, theirs := newLog(t, c, Options{}), newLog(t, c, Options{})
		room, w := roomNamed(t, "room"), newWatcher()
		f := ours.Follow(w)
		defer f.Close()
		const fence = "fence"
		var published atomic.Int64
		fences := make(chan struct{}, 1)
		f.tamper = func(channel, payload string, deliver func(string, string)) {
			if payload == fence {
				fences <- struct{}{}
				return
			}
			published.Add(1)
			deliver(channel, payload)
		}
		channel := ours.keys.live(room)
		f.Watch(room)
		w.until(t, "the room is loaded", func() bool { return w.resets[room] == 1 })

		n, heard := 0, int64(0)
		step := func(l *Log, what string, publishes bool) {
			t.Helper()
			n++
			say(t, l, room, what)
			if publishes {
				heard++
			}
			w.until(t, what+" has come", func() bool { return len(w.entries[room]) == n })
			// A connection gets messages in the order in which they were published.
			if err := c.Universal().Publish(t.Context(), channel, fence).Err(); err != nil {
				t.Fatal(err)
			}
			select {
			case <-fences:
			case <-time.After(hangLimit):
				t.Fatalf("%s: the fence has not come in %v", what, hangLimit)
			}
			if got := published.Load(); got != heard {
				t.Fatalf("%s: %d live messages so far, want %d", what, got, heard)
			}
		}
		step(ours, "ours, alone", false)
		step(theirs, "theirs", true)

		other := newWatcher()
		g := theirs.Follow(other)
		g.Watch(room)
		other.until(t, "the other has loaded the room", func() bool { return other.resets[room] == 1 })
		step(ours, "ours, beside another process", true)
		other.until(t, "the other has it", func() bool { return len(other.entries[room]) == 3 })
		g.Unwatch(room)
		for deadline := time.Now().Add(hangLimit); ; {
			n := c.Universal().PubSubNumSub(t.Context(), channel).Val()[channel]
			if n == 1 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d subscribers after %v, want one", n, hangLimit)
			}
		}
		step(ours, "ours, alone again", false)
		g.Close()

		stranger := c.Universal().PSubscribe(t.Context(), "chatter:*")
		defer stranger.Close()
		if _, err := stranger.Receive(t.Context()); err != nil {
			t.Fatal(err)
		}
		step(ours, "ours, beside whoever listens to all", true)
	})
}

// What was stored by a try that nobody got the answer of is found all the same.
func TestAppend_LooksAfterAnErrorWithoutRetry(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redisconn.Client) {
		l, room, w := newLog(t, c, Options{}), roomNamed(t, "room"), newWatcher()
		f := l.Follow(w)
		defer f.Close()
		f.Watch(room)
		w.until(t, "the room is loaded", func() bool { return w.resets[room] == 1 })
		if err := c.Universal().Do(t.Context(), "XADD", l.keys.log(room), "*", "m", "unanswered").Err(); err != nil {
			t.Fatal(err)
		}
		failed := make(chan error, 1)
		p := &pending{nonce: wire.NewNonce(), text: "unanswered", done: func(_ Stored, err error) { failed <- err }}
		q := &roomQueue{room: room, busy: true}
		l.appender.waiting, l.appender.bytes = 1, len(p.text)
		l.appender.settle(job{q, []*pending{p}}, committed{err: errors.New("timeout")}, time.Second)
		if err := <-failed; !errors.Is(err, redisconn.ErrUnavailable) {
			t.Errorf("error %v, want ErrUnavailable", err)
		}
		w.until(t, "it has come", func() bool { return len(w.entries[room]) == 1 })
	})
}
