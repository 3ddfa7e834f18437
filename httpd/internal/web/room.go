package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/wire"

	"github.com/labstack/echo/v4"
)

// roomOf is the room that the address /chat/NAME/… names; spelled tells whether
// NAME is the room's enforced form. The error is a 404.
//
// echo hands a parameter on decoded or not, depending on how the address was
// spelled, so NAME is taken from the address itself, where %2F and %3F are
// still what they were.
func roomOf(c echo.Context) (room name.Room, spelled bool, err error) {
	rest := strings.TrimPrefix(c.Request().URL.EscapedPath(), "/chat/")
	segment, _, _ := strings.Cut(rest, "/")
	decoded, err := url.PathUnescape(segment)
	if err != nil {
		return name.Room{}, false, echo.NewHTTPError(http.StatusNotFound).WithInternal(err)
	}
	room, err = name.ParseRoom(decoded)
	if err != nil {
		return name.Room{}, false, echo.NewHTTPError(http.StatusNotFound).WithInternal(err)
	}
	return room, room.String() == decoded, nil
}

// room answers GET /chat/NAME/: the room with its newest messages.
func (s *Site) room(c echo.Context) error {
	room, spelled, err := roomOf(c)
	if err != nil {
		return err
	}
	if !spelled {
		return redirect(c, http.StatusMovedPermanently, room.Path())
	}
	if _, ok := s.session(c); !ok {
		return askToSignIn(c, room.Path())
	}
	visit := c.Request().Method == http.MethodGet && !hasSaid(c, room)
	return s.showRoom(c, room, roomForm{status: http.StatusOK, nonce: wire.NewNonce()}, visit)
}

// roomForm is the state of a room page's form.
type roomForm struct {
	status         int
	nonce          wire.Nonce
	typed, problem string
}

// showRoom shows the room's newest messages, and records the visit if it is
// one, in one round trip.
func (s *Site) showRoom(c echo.Context, room name.Room, form roomForm, visit bool) error {
	b := s.redis.Batch()
	now := s.now()
	key := s.readyKey(c, room)
	kept, known := s.rooms.lately(key, now)
	entries := wire.HistoryPage
	if known {
		entries = 1 // enough to see that there is nothing new
	}
	newest := s.log.Newest(b, room, entries)
	recorded := func() {}
	if guest, ok := s.session(c); ok && visit {
		recorded = s.visitRoom(b, guest.User, room, now)
	}
	if err := s.memory.watch(b.Run(c.Request().Context())); err != nil {
		return fmt.Errorf("read room: %w", err)
	}
	recorded()
	if known && endsWith(kept, newest.Entries) {
		*newest = kept
	} else if known {
		b := s.redis.Batch()
		newest = s.log.Newest(b, room, wire.HistoryPage)
		if err := s.memory.watch(b.Run(c.Request().Context())); err != nil {
			return fmt.Errorf("read room: %w", err)
		}
	} else {
		s.rooms.confirm(key, *newest, now)
	}
	if c.Request().Method == http.MethodGet {
		forgetSaid(c, room)
	}
	return s.writeRoom(c, room, form, *newest)
}

// visitRoom records, within b, what Redis need be told of a visit. What it returns is to
// be called when b has run.
func (s *Site) visitRoom(b *redisconn.Batch, guest name.User, room name.Room, now time.Time) (recorded func()) {
	var news []seenName
	note := func(name seenName) (known bool) {
		if known = s.seen.lately(name, now, seenFor); !known {
			news = append(news, name)
		}
		return known
	}
	if note(seenName{name: guest.String()}) {
		guest = name.User{}
	}
	if note(seenName{room: true, name: room.String()}) {
		room = name.Room{}
	}
	s.recents.Touch(b, guest, room, now)
	return func() {
		if len(news) > 0 {
			s.seen.recorded(now, news...)
			s.recent.touched(guest, room, now)
		}
	}
}

// writeRoom shows the room with what is known of its log.
func (s *Site) writeRoom(c echo.Context, room name.Room, form roomForm, newest roomlog.Page) error {
	setPolicy(c, roomPolicy)
	p := s.roomPage(c, room, form, newest)
	if form.typed != "" || form.problem != "" || p.User == "" {
		p.Messages = showMessages(newest.Entries)
		return s.views.room.write(c, form.status, p)
	}
	key := s.readyKey(c, room)
	own := [holes]string{user: p.User, nonce: p.Nonce}
	page, ok := s.rooms.get(key, newest)
	if !ok {
		p.User, p.Nonce, p.Messages = user.mark(), nonce.mark(), showMessages(newest.Entries)
		var err error
		if page, err = s.views.room.prepare(p); err != nil {
			return err
		}
		s.rooms.put(key, newest, page, s.now())
	}
	return page.send(c, form.status, own)
}

// roomPage is the page without its messages.
func (s *Site) roomPage(c echo.Context, room name.Room, form roomForm, newest roomlog.Page) roomPage {
	p := roomPage{
		page:    s.page(c, "room"),
		Room:    room.String(),
		Key:     room.Key(),
		Path:    room.Path(),
		Cursor:  "0",
		More:    newest.More,
		Nonce:   string(form.nonce),
		Typed:   typed(form.typed),
		Problem: form.problem,
		Address: address(c, room),
		Kept:    hoursKept,
		Most:    messagesKept,
	}
	p.Title = room.String()
	if n := len(newest.Entries); n > 0 {
		p.Cursor = newest.Entries[n-1].ID.String()
	}
	return p
}

// How long and how many messages the rooms' logs keep, as guests are told.
const (
	hoursKept    = int(roomlog.DefaultRetention / time.Hour)
	messagesKept = roomlog.DefaultMaxLen
)

// address is a room's address as somebody else would type it.
func address(c echo.Context, room name.Room) string {
	scheme := "http://"
	if secure(c) {
		scheme = "https://"
	}
	return scheme + c.Request().Host + room.Path()
}

// showMessages shows a run of a log. What is of one minute belongs together;
// there is nothing else to go by.
func showMessages(entries []roomlog.Entry) []roomMessage {
	shown := make([]roomMessage, len(entries))
	var day string
	var minute time.Time
	for i, entry := range entries {
		at := entry.ID.Time().UTC()
		shown[i] = roomMessage{
			ID:     entry.ID.String(),
			Text:   entry.Text,
			Time:   at.Format(time.RFC3339),
			Clock:  at.Format("15:04"),
			Emoji:  onlyEmoji(entry.Text),
			Joined: i > 0 && at.Truncate(time.Minute).Equal(minute),
		}
		minute = at.Truncate(time.Minute)
		if today := at.Format(time.DateOnly); today != day {
			shown[i].Day, day = today, today
		}
	}
	return shown
}
