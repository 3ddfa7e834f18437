package live

import (
	"chatter/shared/name"
	"chatter/shared/wire"
)

// Feed is a room without a log, whose tail is its newest frame alone: a member gets that
// frame, if there is one, then every later one. It is safe for concurrent use.
type Feed struct{ room *room }

// NewFeed returns an empty feed.
func (h *Hub) NewFeed() *Feed {
	r := newRoom(h, name.Room{})
	r.feed, r.state, r.tail.whole = true, current, true
	h.mu.Lock()
	defer h.mu.Unlock()
	h.feeds = append(h.feeds, r)
	return &Feed{r}
}

// Publish sends payload to all members. A member that is behind does not get what was
// published before. It does not block.
func (f *Feed) Publish(payload []byte) {
	f.room.change(func(t *tail) {
		id := wire.ID{Seq: t.last().Seq + 1}
		t.expire(id)
		t.addPayload(id, payload)
	})
	f.room.flush()
}

// Clear drops the newest frame if the feed has no members: the next member gets only
// what is published after it has joined.
func (f *Feed) Clear() {
	f.room.change(func(t *tail) {
		if len(f.room.members) == 0 {
			t.restart(true)
		}
	})
}

// Join lets m in. Every Join is followed by one Leave of the Hub, after it. It does not
// block.
func (f *Feed) Join(m *Member) {
	r := f.room
	r.hub.mu.Lock()
	r.users++
	r.hub.mu.Unlock()
	r.hub.users.Add(1)
	m.room = r
	r.join(arrival{member: m, since: Newest()})
}

// Members is how many members the feed has.
func (f *Feed) Members() int {
	h := f.room.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	return f.room.users
}
