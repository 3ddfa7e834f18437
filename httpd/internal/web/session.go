package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"chatter/shared/name"
	"chatter/shared/session"

	"github.com/labstack/echo/v4"
)

// sessionKey is where session keeps its result.
const sessionKey = "session"

// session returns the request's session, if it has a valid one. The cookie is verified
// once per request.
func (s *Site) session(c echo.Context) (guest session.Session, ok bool) {
	if guest, ok := c.Get(sessionKey).(session.Session); ok {
		return guest, guest != session.Session{}
	}
	guest, err := s.Sessions.FromRequest(c.Request(), s.now(), s.origin(c))
	c.Set(sessionKey, guest) // zero if there is none
	return guest, err == nil
}

// allSessions returns all sessions of the request, several if a subdomain has set one of them.
func (s *Site) allSessions(c echo.Context) []session.Session {
	return slices.Collect(s.Sessions.All(c.Request(), s.now(), s.origin(c)))
}

// unauthorized answers a script of a guest without a session.
func unauthorized(c echo.Context) error {
	return sendJSON(c, http.StatusUnauthorized, jsonError{"Sign in first."})
}

// signInFirst answers a form, sent by a script or not, of a guest without a session.
func signInFirst(c echo.Context, room name.Room) error {
	if wantsJSON(c) {
		return unauthorized(c)
	}
	return askToSignIn(c, room.Path())
}

// notEverywhere is for a sign-out after which the browser has forgotten its session, but
// Redis may not have stored its end, so that the other processes may not know.
var notEverywhere = failure{status: http.StatusServiceUnavailable, text: "error.signout"}

// signOut answers POST /signout/.
func (s *Site) signOut(c echo.Context) error {
	guests := s.allSessions(c)
	c.SetCookie(session.Forget(s.origin(c)))
	c.Set(sessionKey, session.Session{})
	if err := s.endSessions(c, guests); err != nil {
		return fmt.Errorf("%w: %w", notEverywhere, err)
	}
	return c.Redirect(http.StatusSeeOther, signInPath)
}

// endSessions ends sessions, also for a guest who does not wait for the answer.
func (s *Site) endSessions(c echo.Context, guests []session.Session) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), s.Harakiri)
	defer cancel()
	for _, guest := range guests {
		if err := s.health.observe(s.Sessions.End(ctx, guest)); err != nil {
			return err
		}
	}
	return nil
}
