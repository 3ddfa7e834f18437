package follow

import (
	"sync"
	"testing"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
)

// watcher is a Sink that keeps what it is told.
type watcher struct {
	mu        sync.Mutex
	entries   map[name.Room][]wire.Entry
	resets    map[name.Room]int
	refreshed map[name.Room]int
	unflushed map[name.Room]bool
	changed   chan struct{}
}

func newWatcher() *watcher {
	return &watcher{
		entries: make(map[name.Room][]wire.Entry), resets: make(map[name.Room]int),
		refreshed: make(map[name.Room]int), unflushed: make(map[name.Room]bool),
		changed: make(chan struct{}, 1),
	}
}

func (w *watcher) note(f func()) {
	w.mu.Lock()
	f()
	w.mu.Unlock()
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

func (w *watcher) Reset(room name.Room, entries []wire.Entry, _ []wire.Removal, _ bool) {
	w.note(func() { w.resets[room]++; w.entries[room] = append([]wire.Entry(nil), entries...) })
}

func (w *watcher) Deliver(room name.Room, entries []wire.Entry) {
	w.note(func() { w.entries[room] = append(w.entries[room], entries...); w.unflushed[room] = true })
}

func (w *watcher) Flush(room name.Room) {
	w.note(func() { delete(w.unflushed, room) })
}

func (w *watcher) holds(room name.Room) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.unflushed[room]
}

func (w *watcher) Refreshed(room name.Room) { w.note(func() { w.refreshed[room]++ }) }

func (w *watcher) texts(room name.Room) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return texts(w.entries[room])
}

func (w *watcher) gaps(room name.Room) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return max(0, w.resets[room]-1)
}

// until waits until cond holds.
func (w *watcher) until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	limit := time.After(time.Minute)
	for {
		w.mu.Lock()
		ok := cond()
		w.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-w.changed:
		case <-limit:
			t.Fatalf("waited too long until %s", what)
		}
	}
}

// noSweep is a sweep that does not come: each test shows what delivers without it.
const noSweep = 24 * time.Hour

// followed starts a Follower that has loaded room.
func followed(t testing.TB, c *redisconn.Client, l *roomlog.Log, room name.Room) (*Follower, *watcher) {
	t.Helper()
	w := newWatcher()
	f := New(c, l, w, noSweep)
	t.Cleanup(f.Close)
	f.Watch(room)
	w.until(t, "the room is loaded", func() bool { return w.resets[room] == 1 })
	awaitSubscription(t, c, l, room)
	return f, w
}

// awaitSubscription waits until this process is subscribed to the room.
func awaitSubscription(t testing.TB, c *redisconn.Client, l *roomlog.Log, room name.Room) {
	t.Helper()
	_, own := l.Channels(room)
	for deadline := time.Now().Add(time.Minute); ; {
		n, err := c.Universal().PubSubNumSub(t.Context(), own).Result()
		if err != nil {
			t.Fatal(err)
		}
		if n[own] == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("not subscribed")
		}
	}
}

func logKey(room name.Room) string { return "chatter:room:{" + room.EscapedKey() + "}:log" }

func newLog(t testing.TB, c *redisconn.Client) *roomlog.Log {
	l := roomlog.New(c, roomlog.Options{Patience: 5 * time.Minute}) // a slow machine is no fault
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

func say(t testing.TB, l *roomlog.Log, room name.Room, s string) wire.Stored {
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

func sayAsync(t testing.TB, l *roomlog.Log, room name.Room, s string) {
	t.Helper()
	l.Submit(room, wire.NewNonce(), text(t, s), func(_ wire.Stored, err error) {
		if err != nil {
			t.Error(err)
		}
	}, nil)
}

// tap stands between pub/sub and a Follower: it counts notifications and holds them
// back. The watcher's lock guards it.
type tap struct {
	w     *watcher
	count map[string]int // by channel
	hold  bool
	held  []func()
}

func tapped(f *Follower, w *watcher) *tap {
	p := &tap{w: w, count: make(map[string]int)}
	f.tamper = func(channel string, notify func(string)) {
		held := false
		w.note(func() {
			p.count[channel]++
			if held = p.hold; held {
				p.held = append(p.held, func() { notify(channel) })
			}
		})
		if !held {
			notify(channel)
		}
	}
	return p
}

// awaitConfirmed waits until f has handled the confirmation of its subscription to
// room, which has it read, and until that read has ended. theirs says one message
// for that: its notification comes behind the confirmation, and is dropped.
func (p *tap) awaitConfirmed(t testing.TB, c *redisconn.Client, f *Follower, ours, theirs *roomlog.Log, room name.Room) {
	t.Helper()
	awaitSubscription(t, c, ours, room)
	p.w.note(func() { p.hold = true })
	say(t, theirs, room, "fence")
	refreshed := 0
	p.w.until(t, "the notification has come", func() bool { refreshed = p.w.refreshed[room]; return len(p.held) == 1 })
	p.w.note(func() { p.held, p.hold = nil, false })
	f.Refresh(room)
	p.w.until(t, "the room is refreshed", func() bool { return p.w.refreshed[room] == refreshed+1 })
}
