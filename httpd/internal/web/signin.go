package web

import (
	"errors"
	"net/http"
	"strings"

	"chatter/httpd/internal/page"
	"chatter/httpd/internal/text"
	"chatter/shared/name"
	"chatter/shared/session"

	"github.com/labstack/echo/v4"
)

// signIn answers GET /: the form that asks for a name.
func (s *Site) signIn(c echo.Context) error {
	next, _ := localPath(c.QueryParam("next"))
	return s.showSignIn(c, http.StatusOK, page.SignIn{Next: next})
}

// signInPost answers POST /index/: it starts a session.
func (s *Site) signInPost(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	form := c.Request().PostForm
	next, _ := localPath(form.Get("next"))
	user, err := name.ParseUser(form.Get("user"))
	if err != nil {
		return s.showSignIn(c, http.StatusUnprocessableEntity, page.SignIn{
			Typed:   typed(form.Get("user")),
			Problem: nameProblem(s.language(c), err),
			Next:    next,
		})
	}
	c.SetCookie(s.keys.Cookie(session.New(user), s.now(), s.secure(c)))
	if next == "" {
		next = indexPath
	}
	return redirect(c, http.StatusSeeOther, next)
}

// signOut answers POST /signout/.
func (s *Site) signOut(c echo.Context) error {
	c.SetCookie(session.Forget(s.secure(c)))
	return redirect(c, http.StatusSeeOther, signInPath)
}

func (s *Site) showSignIn(c echo.Context, status int, p page.SignIn) error {
	p.Base, p.Room = s.base(c, ""), roomIn(p.Next)
	return s.render(c, status, p)
}

// roomIn returns the name of the room in a local path, "" if there is none.
func roomIn(path string) string {
	escaped, ok := strings.CutPrefix(path, "/chat/")
	if !ok {
		return ""
	}
	room, _, _ := name.ParseRoomPath(escaped)
	return room.String()
}

// nameProblem says why a name is refused.
func nameProblem(l *text.Language, err error) string {
	switch {
	case errors.Is(err, name.ErrEmpty):
		return l.Say("name.empty")
	case errors.Is(err, name.ErrTooLong):
		return l.Say("name.too_long", "n", name.MaxClusters)
	case errors.Is(err, name.ErrSlash):
		return l.Say("name.slash")
	case errors.Is(err, name.ErrDots):
		return l.Say("name.dots")
	case errors.Is(err, name.ErrMarks):
		return l.Say("name.marks", "n", name.MaxMarks)
	default:
		return l.Say("name.character")
	}
}
