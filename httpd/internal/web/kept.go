package web

import (
	"slices"
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/roomlog"

	"github.com/labstack/echo/v4"
)

// maxReady bounds the rooms' pages that are kept: 512 of about 30 KB.
const maxReady = 512

// readyRooms keeps the pages of rooms that are being entered. It is safe for
// concurrent use.
type readyRooms struct {
	mu    sync.Mutex
	pages map[readyKey]readyRoom
}

// readyKey is what a room's page depends on beside the log and the guest.
type readyKey struct {
	texts         *texts
	room, address string
}

type readyRoom struct {
	newest roomlog.Page
	page   ready
	at     time.Time // when it was made
}

func (s *Site) readyKey(c echo.Context, room name.Room) readyKey {
	return readyKey{s.languages.of(c), room.String(), address(c, room)}
}

// lately returns what a page shows that has been made within readyFor. If the room's
// newest message is still the same, so is the rest: that saves reading all fifty.
func (r *readyRooms) lately(key readyKey, now time.Time) (roomlog.Page, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept, ok := r.pages[key]
	age := now.Sub(kept.at)
	return kept.newest, ok && age >= 0 && age < readyFor
}

// endsWith reports whether the page ends with what a log ends with: one entry or none.
func endsWith(page roomlog.Page, end []roomlog.Entry) bool {
	n := len(page.Entries) - len(end)
	return n >= 0 && (len(end) > 0 || n == 0) && slices.Equal(page.Entries[n:], end)
}

// get returns the page that shows just these messages, if there is one.
func (r *readyRooms) get(key readyKey, newest roomlog.Page) (ready, bool) {
	r.mu.Lock()
	kept, ok := r.pages[key]
	r.mu.Unlock()
	same := ok && kept.newest.More == newest.More && slices.Equal(kept.newest.Entries, newest.Entries)
	return kept.page, same
}

func (r *readyRooms) put(key readyKey, newest roomlog.Page, page ready, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.pages) >= maxReady || r.pages == nil {
		r.pages = make(map[readyKey]readyRoom)
	}
	r.pages[key] = readyRoom{newest, page, now}
}

// readyFor is for how long the index may be behind what Redis has, and a room behind what
// somebody deletes there by hand. Times in the index are in words like "5 minutes ago",
// and the page's script hears of news by itself.
const readyFor = time.Second

// readyIndex keeps the index in each language. It is safe for concurrent use.
type readyIndex struct {
	mu    sync.Mutex
	pages map[*texts]timedPage
}

type timedPage struct {
	at   time.Time
	page ready
}

func (r *readyIndex) get(t *texts, now time.Time) (ready, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept, ok := r.pages[t]
	age := now.Sub(kept.at)
	return kept.page, ok && age >= 0 && age < readyFor
}

// put keeps what Redis was read for since now. With changed, what is kept in the other
// languages is behind: somebody has just come who must see their own name.
func (r *readyIndex) put(t *texts, now time.Time, changed bool, page ready) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if changed || r.pages == nil {
		r.pages = make(map[*texts]timedPage)
	}
	r.pages[t] = timedPage{now, page}
}

// drop forgets all: the recents have changed.
func (r *readyIndex) drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pages = nil
}
