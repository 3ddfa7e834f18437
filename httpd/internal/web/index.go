package web

import (
	"crypto/rand"
	"net/http"
	"strings"

	"chatter/httpd/internal/page"
	"chatter/shared/name"
	"chatter/shared/recent"
	"chatter/shared/refuse"

	"github.com/labstack/echo/v4"
)

// index answers GET /index/ with the recent users and rooms.
func (s *Site) index(c echo.Context) error {
	c.Response().Header().Add("Vary", "Accept")
	if wantsJSON(c) {
		return s.sendRecents(c)
	}
	return s.showIndex(c, http.StatusOK, page.Index{})
}

// enter answers GET /chat/?room=NAME, the room field of the index, and GET /chat/?unlisted=1,
// its button for a new room.
func (s *Site) enter(c echo.Context) error {
	query := c.QueryParams()
	if query.Has("unlisted") {
		return c.Redirect(http.StatusSeeOther, newUnlisted().Path())
	}
	if !query.Has("room") {
		return c.Redirect(http.StatusSeeOther, indexPath)
	}
	room, err := name.ParseRoom(query.Get("room"))
	if err == nil && s.Refused.Room(room) {
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
	lists, err := s.recentLists(c)
	if err != nil {
		return err
	}
	l, now := s.language(c), s.now()
	p.Base, p.Now = s.base(c, l.Text("index.title")), now.UnixMilli()
	users, rooms, err := s.pages.Recents(l, lists, now)
	if err != nil {
		return err
	}
	p.Users, p.Rooms = users.Without(guest.User.Key()), rooms.All()
	return s.render(c, status, p)
}

// recentNames are the names that the WebSocket of the index sends, too.
type recentNames struct {
	Users []string `json:"users"`
	Rooms []string `json:"rooms"`
}

// sendRecents answers GET /index/ for a script. It is no visit: a page asks by itself.
func (s *Site) sendRecents(c echo.Context) error {
	if _, ok := s.session(c); !ok {
		return unauthorized(c)
	}
	lists, err := s.recentLists(c)
	if err != nil {
		return err
	}
	return sendJSON(c, http.StatusOK, recentNames{namesOf(lists.Users), namesOf(lists.Rooms)})
}

func namesOf(lines []recent.Line) []string {
	names := make([]string, len(lines))
	for i, line := range lines {
		names[i] = line.Name
	}
	return names
}

// newUnlisted returns an unlisted room that nobody knows yet, such as ~k3vq-7hdn-x2ma-p5tz.
func newUnlisted() name.Room {
	code := strings.ToLower(rand.Text()) // base32; 16 letters of it hold 80 bits
	room, err := name.ParseRoom("~" + strings.Join([]string{code[:4], code[4:8], code[8:12], code[12:16]}, "-"))
	if err != nil {
		panic(err) // it has letters, digits and hyphens
	}
	return room
}

// privacy answers GET /privacy/: how private the site is. It needs no session.
func (s *Site) privacy(c echo.Context) error {
	return s.render(c, http.StatusOK, page.Privacy{Base: s.base(c, s.language(c).Text("privacy.title"))})
}
