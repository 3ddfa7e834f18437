package roomlog

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"
	"chatter/shared/wire"
)

// noRedis is a client of a test that asks Redis nothing.
func noRedis(t *testing.T) *redisconn.Client {
	t.Helper()
	c, err := redisconn.Open("unix:///nonexistent/redis.sock")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestFlush_FollowsWhatIsDelivered(t *testing.T) {
	c := redistest.Start(t).Client()
	defer c.Close()
	l, room, w := newLog(t, c, Options{}), roomNamed(t, "room"), newWatcher()
	f := l.Follow(w)
	defer f.Close()
	f.Watch(room)
	w.until(t, "the room is loaded", func() bool { return w.resets[room] == 1 })
	const n = 500
	for i := range n {
		l.AppendAsync(room, wire.NewNonce(), text(t, fmt.Sprint(i)), func(Stored, error) {})
	}
	w.until(t, "all have come and are flushed", func() bool { return len(w.entries[room]) == n && !w.unflushed[room] })
}

func TestFlush_WaitsForTheNextAnswerOnce(t *testing.T) {
	synctest.Test(t, waitsOnce)
}

// waitsOnce runs in a bubble: no time passes, so that a hold does not end by itself.
func waitsOnce(t *testing.T) {
	l, room, w := newLog(t, noRedis(t), Options{}), roomNamed(t, "room"), newWatcher()
	f := l.Follow(w)
	defer f.Close()
	q := &roomQueue{room: room}
	next := []*pending{{}}
	for i, step := range []struct {
		waiting []*pending
		took    time.Duration
		flushes int // in all
	}{
		{nil, 0, 1},
		{next, 0, 1},
		{next, 0, 2}, // it has waited once
		{next, quickAnswer, 3},
		{next, 0, 3},
		{nil, 0, 4},
	} {
		q.waiting = step.waiting
		l.appender.flushOrHold(q, step.took)
		if n := w.flushed(room); n != step.flushes {
			t.Errorf("step %d: %d flushes, want %d", i, n, step.flushes)
		}
	}
}

// The members are written to when the message that they were to wait for fails.
func TestFlush_IsOwedWhateverComesNext(t *testing.T) {
	failed := errors.New("timeout")
	for name, next := range map[string]func(a *appender, q *roomQueue, p *pending){
		"it fails": func(a *appender, q *roomQueue, p *pending) {
			a.settle(job{q, []*pending{p}}, committed{err: failed}, 0)
		},
		"it was stored before": func(a *appender, q *roomQueue, p *pending) {
			a.settle(job{q, []*pending{p}}, committed{stored: []Stored{{Known: true}}}, 0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, room, w := newLog(t, noRedis(t), Options{}), roomNamed(t, "room"), newWatcher()
			f := l.Follow(w)
			defer f.Close()
			// The room is not watched: whatever is flushed, this appender does it.
			p := &pending{nonce: wire.NewNonce(), text: "x", done: func(Stored, error) {}}
			q := &roomQueue{room: room, busy: true, held: true}
			l.appender.rooms[room.Key()] = q
			l.appender.waiting, l.appender.bytes = 1, len(p.text)
			next(l.appender, q, p)
			if n := w.flushed(room); n != 1 {
				t.Errorf("%d flushes, want one", n)
			}
		})
	}
}

// The next answer may be long in coming, or never come.
func TestHold_EndsByItself(t *testing.T) {
	l, room, w := newLog(t, noRedis(t), Options{}), roomNamed(t, "room"), newWatcher()
	f := l.Follow(w)
	defer f.Close()
	q := &roomQueue{room: room, waiting: []*pending{{}}}
	for n := 1; n <= 2; n++ { // the timer is used again
		if !l.appender.hold(q, 0) {
			t.Fatal("not held")
		}
		w.until(t, "the members are written to", func() bool { return w.flushes[room] == n })
	}
}
