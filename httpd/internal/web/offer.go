package web

import (
	"math/rand/v2"

	"chatter/shared/name"

	"github.com/labstack/echo/v4"
)

// offer returns a name for a guest who enters none: that of the form that was sent, or any.
func (s *Site) offer(c echo.Context) string {
	if user, err := name.ParseUser(c.Request().PostForm.Get("offer")); err == nil && !s.refused.User(user) {
		return user.String()
	}
	names := s.language(c).Names
	first := rand.IntN(len(names))
	for i := range names {
		user, err := name.ParseUser(names[(first+i)%len(names)])
		if err == nil && !s.refused.User(user) {
			return user.String()
		}
	}
	return ""
}
