package web

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"chatter/shared/name"

	"github.com/labstack/echo/v4"
)

// visit notes that the guest is here, if the request is a visit. It sends nothing to Redis.
func (s *Site) visit(c echo.Context) {
	if guest, ok := s.session(c); ok && isVisit(c.Request()) {
		s.Presence.Visit(guest.User, s.Classes.Of(c.Request(), s.now()))
	}
}

// isVisit reports whether a guest looks at the page. Browsers mark what they load before
// the guest asks for it with Sec-Purpose, older ones with Purpose.
func isVisit(r *http.Request) bool {
	purpose := r.Header.Get("Sec-Purpose") + r.Header.Get("Purpose")
	return r.Method == http.MethodGet && !strings.Contains(purpose, "prefetch")
}

// postedLifetime is how long the page after a form may take to load, for example while
// Redis does not answer. A visit that does not count in this time does no harm.
const postedLifetime = time.Hour

// postedCookie returns the cookie that marks the page after a form.
//
// A browser without scripts requests the room again after it has sent a message. If that
// request counted as a visit, the author would be listed in an interval because of the
// message. So the answer to the form sets this cookie, and the next page deletes it.
//
// Each room has its own cookie name: clients do not agree whether a cookie's path is
// compared escaped or decoded.
func (s *Site) postedCookie(c echo.Context, room name.Room) *http.Cookie {
	sum := sha256.Sum256([]byte(room.Key()))
	return &http.Cookie{
		Name:     "chatter_said_" + base64.RawURLEncoding.EncodeToString(sum[:9]),
		Path:     "/chat/",
		HttpOnly: true,
		Secure:   s.origin(c).Secure(),
		SameSite: http.SameSiteLaxMode,
	}
}

func (s *Site) setPosted(c echo.Context, room name.Room) {
	cookie := s.postedCookie(c, room)
	cookie.Value, cookie.MaxAge = "1", int(postedLifetime/time.Second)
	c.SetCookie(cookie)
}

func (s *Site) hasPosted(c echo.Context, room name.Room) bool {
	_, err := c.Request().Cookie(s.postedCookie(c, room).Name)
	return err == nil
}

func (s *Site) forgetPosted(c echo.Context, room name.Room) {
	if !s.hasPosted(c, room) {
		return
	}
	cookie := s.postedCookie(c, room)
	cookie.MaxAge = -1
	c.SetCookie(cookie)
}
