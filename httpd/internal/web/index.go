package web

import (
	"fmt"
	"net/http"

	"chatter/httpd/internal/page"
	"chatter/shared/name"
	"chatter/shared/refuse"

	"github.com/labstack/echo/v4"
)

// index answers GET /index/ with the recent users and rooms.
func (s *Site) index(c echo.Context) error {
	c.Response().Header().Add("Vary", "Accept")
	if wantsJSON(c) {
		return s.around(c)
	}
	return s.showIndex(c, http.StatusOK, page.Index{})
}

// enter answers GET /chat/?room=NAME, the room field of the index, and GET /chat/?unlisted=1,
// its button for a new room.
func (s *Site) enter(c echo.Context) error {
	query := c.QueryParams()
	if query.Has("unlisted") {
		return redirect(c, http.StatusSeeOther, newUnlisted().Path())
	}
	if !query.Has("room") {
		return redirect(c, http.StatusSeeOther, indexPath)
	}
	room, err := name.ParseRoom(query.Get("room"))
	if err == nil && s.refused.Room(room) {
		err = refuse.Error
	}
	if err != nil {
		return s.showIndex(c, http.StatusUnprocessableEntity, page.Index{
			RoomTyped:   typed(query.Get("room")),
			RoomProblem: nameProblem(s.language(c), err),
		})
	}
	return goTo(c, room)
}

// showIndex shows the lists. The guest's own name comes from the cookie: the others see it
// when the interval is over.
func (s *Site) showIndex(c echo.Context, status int, p page.Index) error {
	guest, ok := s.session(c)
	if !ok {
		return askToSignIn(c, "")
	}
	s.visit(c)
	now := s.now()
	lists, err := s.lists.read(c.Request().Context(), s.presence, now)
	if s.health.observe(err) != nil {
		return fmt.Errorf("read recents: %w", err)
	}
	l := s.language(c)
	p.Base, p.Now = s.base(c, l.Text("index.title")), now.UnixMilli()
	users, rooms, err := s.pages.Recents(l, lists, now)
	if err != nil {
		return err
	}
	p.Users, p.Rooms = users.Without(guest.User.Key()), rooms.All()
	return s.render(c, status, p)
}
