package live

import (
	"chatter/shared/name"
	"chatter/shared/wire"
)

// Feed is a room without a log: a member gets the newest frame, if there is one, then
// every later one. It is safe for concurrent use.
type Feed struct {
	room *room
	seq  uint64 // guarded by room.mu
}

// NewFeed returns an empty feed.
func (h *Hub) NewFeed() *Feed {
	r := newRoom(h, name.Room{})
	r.feed, r.state = true, current
	h.mu.Lock()
	defer h.mu.Unlock()
	h.feeds = append(h.feeds, r)
	return &Feed{room: r}
}

// Publish sends payload to all members. A member that is behind does not get what was
// published before: only the newest frame is kept. It does not block.
func (f *Feed) Publish(payload []byte) {
	r := f.room
	r.mu.Lock()
	f.seq++
	newest := wire.ID{Seq: f.seq}
	r.run.expire(newest)
	r.run.addPayload(newest, payload)
	r.runChangedLocked()
	r.mu.Unlock()
	r.flush()
}

// Forget drops the newest frame if the feed has no members: the next member gets only
// what is published after it has joined.
func (f *Feed) Forget() {
	r := f.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.members) > 0 {
		return
	}
	r.run.restart(false)
	r.runChangedLocked()
}

// Join lets m in. Every Join is followed by one Leave of the Hub, after it. It does not
// block.
func (f *Feed) Join(m *Member) {
	r := f.room
	r.hub.mu.Lock()
	r.users++
	r.hub.mu.Unlock()
	m.room = r
	r.join(arrival{member: m, since: Since{kind: sinceLast}})
}

// Members is how many members the feed has.
func (f *Feed) Members() int {
	h := f.room.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	return f.room.users
}
