package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"chatter/httpd/internal/moderation"
	"chatter/httpd/internal/text"
	"chatter/shared/name"
	"chatter/shared/wire"

	"github.com/labstack/echo/v4"
)

// report answers POST /chat/NAME/report/, with which a guest asks the operator to look at a
// message. The answer does not depend on whether the message still exists.
func (s *Site) report(c echo.Context) error {
	room, _, err := roomOf(c)
	if err != nil {
		return err
	}
	switch _, ok := s.session(c); {
	case !ok && wantsJSON(c):
		return sendJSON(c, http.StatusUnauthorized, jsonError{"Sign in first."})
	case !ok:
		return askToSignIn(c, room.Path())
	}
	id, err := idInForm(c)
	if err != nil {
		return err
	}
	err = s.reports.Add(c.Request(), room, id, s.now())
	if errors.Is(err, moderation.ErrTooManyReports) {
		if wantsJSON(c) {
			return sendJSON(c, http.StatusTooManyRequests, jsonError{s.language(c).Text("notice.too_many")})
		}
		return back(c, room, "too_many")
	}
	if s.health.observe(err) != nil {
		return fmt.Errorf("report: %w", err)
	}
	if wantsJSON(c) {
		return c.NoContent(http.StatusNoContent)
	}
	return back(c, room, "reported")
}

// wantsJSON reports whether a script sent the request.
func wantsJSON(c echo.Context) bool {
	return strings.Contains(c.Request().Header.Get("Accept"), "application/json")
}

// idInForm reads the field id of the form in the body.
func idInForm(c echo.Context) (wire.ID, error) {
	if err := parseForm(c); err != nil {
		return wire.ID{}, err
	}
	id, err := wire.ParseID(c.Request().PostForm.Get("id"))
	if err != nil {
		return id, echo.NewHTTPError(http.StatusBadRequest).WithInternal(err)
	}
	return id, nil
}

// back sends the browser to the page that the form names in its field next, which shows a
// notice, or to the room.
func back(c echo.Context, room name.Room, notice string) error {
	next, ok := localPath(c.Request().PostForm.Get("next"))
	if !ok {
		return redirect(c, http.StatusSeeOther, room.Path())
	}
	separator := "?"
	if strings.Contains(next, "?") {
		separator = "&"
	}
	return redirect(c, http.StatusSeeOther, next+separator+"notice="+notice)
}

// noticeIn returns the text of the notice that an address asks for, "" for none.
func noticeIn(c echo.Context, l *text.Language) string {
	switch notice := c.QueryParam("notice"); notice {
	case "reported", "too_many", "accepted", "unknown", "later":
		return l.Text("notice." + notice)
	}
	return ""
}
