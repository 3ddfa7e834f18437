package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"chatter/shared/name"
	"chatter/shared/session"

	"github.com/labstack/echo/v4"
)

// session is the request's session, if it carries one. It is read and verified once.
func (s *Site) session(c echo.Context) (session.Session, bool) {
	const key = "session"
	if guest, ok := c.Get(key).(session.Session); ok {
		return guest, guest != session.Session{}
	}
	guest, err := s.keys.FromRequest(c.Request(), s.now())
	c.Set(key, guest) // zero if there is none
	return guest, err == nil
}

// signIn answers GET /: the form that asks for a name.
func (s *Site) signIn(c echo.Context) error {
	next, _ := localPath(c.QueryParam("next"))
	return s.showSignIn(c, http.StatusOK, signInPage{Next: next})
}

// signInPost answers POST /index/: it makes the session and goes on.
func (s *Site) signInPost(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	form := c.Request().PostForm
	next, _ := localPath(form.Get("next"))
	user, err := name.ParseUser(form.Get("user"))
	if err != nil {
		return s.showSignIn(c, http.StatusUnprocessableEntity, signInPage{
			Typed:   typed(form.Get("user")),
			Problem: nameProblem(s.languages.of(c), err),
			Next:    next,
		})
	}
	c.SetCookie(s.keys.Cookie(session.New(user), s.now(), secure(c)))
	if next == "" {
		next = indexPath
	}
	return redirect(c, http.StatusSeeOther, next)
}

// signOut answers POST /signout/.
func (s *Site) signOut(c echo.Context) error {
	c.SetCookie(session.Forget(secure(c)))
	return redirect(c, http.StatusSeeOther, signInPath)
}

func (s *Site) showSignIn(c echo.Context, status int, p signInPage) error {
	p.page, p.Longest = s.page(c, "door"), name.MaxClusters
	p.Known = p.User
	p.Room = roomIn(p.Next)
	return s.views.signIn.write(c, status, p)
}

// roomIn is the name of the room whose page a local path leads to; "" if to none.
func roomIn(path string) string {
	segment, ok := strings.CutPrefix(path, "/chat/")
	if !ok {
		return ""
	}
	segment, _, _ = strings.Cut(segment, "/")
	decoded, err := url.PathUnescape(segment)
	if err != nil {
		return ""
	}
	room, err := name.ParseRoom(decoded)
	if err != nil {
		return ""
	}
	return room.String()
}

// nameProblem says why a name is refused.
func nameProblem(t *texts, err error) string {
	switch {
	case errors.Is(err, name.ErrEmpty):
		return t.say("name.empty")
	case errors.Is(err, name.ErrTooLong):
		return t.say("name.too_long", "n", name.MaxClusters)
	case errors.Is(err, name.ErrSlash):
		return t.say("name.slash")
	case errors.Is(err, name.ErrDots):
		return t.say("name.dots")
	case errors.Is(err, name.ErrMarks):
		return t.say("name.marks", "n", name.MaxMarks)
	default:
		return t.say("name.character")
	}
}
