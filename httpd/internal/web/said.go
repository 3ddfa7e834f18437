package web

import (
	"net/http"
	"time"

	"chatter/shared/name"

	"github.com/labstack/echo/v4"
)

// Saying something without a script ends with the browser asking for the room
// again. Were that a visit, it would move the sender in the recents, and who
// watches those would know who spoke. A cookie tells the two apart: the answer
// to the form sets it, for this room's address alone, and the page that is
// shown next takes it away.
const saidCookie = "chatter_said"

// saidLifetime is how long the page may fail to come, Redis being away, say. A
// visit that is not recorded meanwhile does no harm.
const saidLifetime = time.Hour

func setSaid(c echo.Context, room name.Room) {
	c.SetCookie(&http.Cookie{
		Name:     saidCookie,
		Value:    "1",
		Path:     room.Path(),
		MaxAge:   int(saidLifetime / time.Second),
		HttpOnly: true,
		Secure:   secure(c),
		SameSite: http.SameSiteLaxMode,
	})
}

func hasSaid(c echo.Context) bool {
	_, err := c.Request().Cookie(saidCookie)
	return err == nil
}

func forgetSaid(c echo.Context, room name.Room) {
	if !hasSaid(c) {
		return
	}
	c.SetCookie(&http.Cookie{
		Name:     saidCookie,
		Path:     room.Path(),
		MaxAge:   -1,
		HttpOnly: true,
		Secure:   secure(c),
		SameSite: http.SameSiteLaxMode,
	})
}
