package web

import (
	"fmt"
	"net/http"
	"time"

	"chatter/httpd/internal/page"
	"chatter/shared/name"
	"chatter/shared/recent"

	"github.com/labstack/echo/v4"
)

// maxRecents is how many users and how many rooms the index lists.
const maxRecents = 50

// index answers GET /index/ with the recent users and rooms.
func (s *Site) index(c echo.Context) error {
	return s.showIndex(c, http.StatusOK, page.Index{})
}

// enter answers GET /chat/?room=NAME, the room field of the index.
func (s *Site) enter(c echo.Context) error {
	query := c.QueryParams()
	if !query.Has("room") {
		return redirect(c, http.StatusSeeOther, indexPath)
	}
	room, err := name.ParseRoom(query.Get("room"))
	if err != nil {
		return s.showIndex(c, http.StatusUnprocessableEntity, page.Index{
			RoomTyped:   typed(query.Get("room")),
			RoomProblem: nameProblem(s.language(c), err),
		})
	}
	return redirect(c, http.StatusSeeOther, room.Path())
}

// showIndex records the guest's presence and shows the lists, in one round trip at most.
func (s *Site) showIndex(c echo.Context, status int, p page.Index) error {
	guest, ok := s.session(c)
	if !ok {
		return askToSignIn(c, "")
	}
	now := s.now()
	lists, err := s.recentLists(c, guest.User, now)
	if err != nil {
		return fmt.Errorf("read recents: %w", err)
	}
	l := s.language(c)
	p.Base, p.Now = s.base(c, l.Say("index.title")), now.UnixMilli()
	if p.Users, p.Rooms, err = s.pages.Recents(l, lists, now); err != nil {
		return err
	}
	return s.render(c, status, p)
}

// recentLists returns the lists with the guest in them. It reads them from Redis once a
// second for all requests, and records a guest once in an interval.
func (s *Site) recentLists(c echo.Context, guest name.User, now time.Time) (*recent.Lists, error) {
	lists := s.presence.recentlyRead(now)
	record := c.Request().Method == http.MethodGet && !s.presence.alreadyRecorded(lists, guest, now)
	if lists != nil && !record {
		return lists, nil
	}
	b := s.redis.Batch()
	if record {
		s.recents.Touch(b, guest, name.Room{}, now) // before the lists are read
	}
	var read *recent.Lists
	if lists == nil {
		read = s.recents.Lists(b, maxRecents, now)
	}
	if err := s.health.observe(b.Run(c.Request().Context())); err != nil {
		return nil, err
	}
	if record {
		s.presence.recorded(guest, name.Room{}, now)
	}
	if read != nil {
		s.presence.keep(read, now)
		return read, nil
	}
	return s.presence.newest(), nil
}
