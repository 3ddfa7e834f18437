package web

import (
	"slices"
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/recent"
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
	at     time.Time // when all of newest was read last
}

func (s *Site) readyKey(c echo.Context, room name.Room) readyKey {
	return readyKey{s.languages.of(c), room.String(), address(c, room)}
}

// lately returns what a page shows, if all of that has been read within readyFor. If the
// room's newest message is still the same, so is the rest: that saves reading all fifty.
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
	return kept.page, ok && samePage(kept.newest, newest)
}

// confirm notes that a page which shows just these messages is true at now.
func (r *readyRooms) confirm(key readyKey, newest roomlog.Page, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if kept, ok := r.pages[key]; ok && samePage(kept.newest, newest) {
		kept.at = now
		r.pages[key] = kept
	}
}

func samePage(a, b roomlog.Page) bool { return a.More == b.More && slices.Equal(a.Entries, b.Entries) }

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

// readyIndex keeps what the index lists, and the page that lists it in each language. It
// is safe for concurrent use.
type readyIndex struct {
	mu     sync.Mutex
	lists  *recent.Lists // nobody changes what it points at
	read   time.Time     // when Redis was asked for them
	pages  map[*texts]ready
	bucket time.Time // in which the pages are true: they say how long ago things were
}

// lately returns the lists if Redis has been asked for them within readyFor, else nil.
func (r *readyIndex) lately(now time.Time) *recent.Lists {
	r.mu.Lock()
	defer r.mu.Unlock()
	if age := now.Sub(r.read); r.lists == nil || age < 0 || age >= readyFor {
		return nil
	}
	return r.lists
}

// put keeps what Redis was asked for at now, and returns it: if it is what was kept
// before, the pages stay.
func (r *readyIndex) put(lists *recent.Lists, now time.Time) *recent.Lists {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lists == nil || !slices.Equal(lists.Users, r.lists.Users) || !slices.Equal(lists.Rooms, r.lists.Rooms) {
		r.lists, r.pages = lists, nil
	}
	r.read = now
	return r.lists
}

// touched returns the lists as they are now that user and room have been recorded; nil
// if there are none. Most visits change nothing that is shown.
func (r *readyIndex) touched(user name.User, room name.Room, now time.Time) *recent.Lists {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lists == nil {
		return nil
	}
	if lists := r.lists.With(user, room, now, recentLines); lists != r.lists {
		r.lists, r.pages = lists, nil
	}
	return r.lists
}

// get returns the page that shows just these lists at now, if there is one.
func (r *readyIndex) get(t *texts, lists *recent.Lists, now time.Time) (ready, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if lists != r.lists || !now.Truncate(recent.Bucket).Equal(r.bucket) {
		return ready{}, false
	}
	page, ok := r.pages[t]
	return page, ok
}

// keep keeps the page for get.
func (r *readyIndex) keep(t *texts, lists *recent.Lists, now time.Time, page ready) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if lists != r.lists {
		return // they have changed meanwhile
	}
	if bucket := now.Truncate(recent.Bucket); r.pages == nil || !bucket.Equal(r.bucket) {
		r.pages, r.bucket = make(map[*texts]ready), bucket
	}
	r.pages[t] = page
}
