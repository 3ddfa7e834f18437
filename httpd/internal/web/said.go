package web

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"

	"chatter/shared/name"

	"github.com/labstack/echo/v4"
)

// saidLifetime is how long the page may fail to come, Redis being away, say. A
// visit that is not recorded meanwhile does no harm.
const saidLifetime = time.Hour

// said returns the cookie that tells a room's page after a form from a visit.
//
// Saying something without a script ends with the browser asking for the room
// again. Were that a visit, it would move the sender in the recents, and who
// watches those would know who spoke. So the answer to the form sets this
// cookie, and the page that is shown next takes it away.
//
// Each room has a cookie of its own by its name, not by its path: clients
// disagree on whether a cookie's path is compared escaped or not.
func said(c echo.Context, room name.Room) *http.Cookie {
	sum := sha256.Sum256([]byte(room.Key()))
	return &http.Cookie{
		Name:     "chatter_said_" + base64.RawURLEncoding.EncodeToString(sum[:9]),
		Path:     "/chat/",
		HttpOnly: true,
		Secure:   secure(c),
		SameSite: http.SameSiteLaxMode,
	}
}

func setSaid(c echo.Context, room name.Room) {
	cookie := said(c, room)
	cookie.Value, cookie.MaxAge = "1", int(saidLifetime/time.Second)
	c.SetCookie(cookie)
}

func hasSaid(c echo.Context, room name.Room) bool {
	_, err := c.Request().Cookie(said(c, room).Name)
	return err == nil
}

func forgetSaid(c echo.Context, room name.Room) {
	if !hasSaid(c, room) {
		return
	}
	cookie := said(c, room)
	cookie.MaxAge = -1
	c.SetCookie(cookie)
}
