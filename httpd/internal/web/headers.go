package web

import (
	"strings"

	"chatter/shared/origin"

	"github.com/labstack/echo/v4"
)

// The Content-Security-Policy, without the WebSocket's origin in its connect-src. It
// forbids inline scripts, so that a missed escape still runs nothing.
const (
	everyPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
	lastPolicy  = "connect-src 'self'"

	policy = everyPolicy + "img-src 'self'; frame-ancestors 'none'; " + lastPolicy
	// A room's script draws the number of unread messages into the icon. Without scripts
	// the log is in a frame.
	roomPolicy  = everyPolicy + "img-src 'self' data:; frame-src 'self'; frame-ancestors 'none'; " + lastPolicy
	framePolicy = everyPolicy + "img-src 'self'; frame-ancestors 'self'; " + lastPolicy
)

// secureHeaders sets the headers of every response. Handlers replace only Cache-Control
// and the policy; assets need none of the others but nosniff.
func (s *Site) secureHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		s.setPolicy(c, policy)
		h.Set("X-Content-Type-Options", "nosniff")
		// A room's address contains its name, which other sites must not get.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		// Pages contain the guest's name and change with every message.
		h.Set("Cache-Control", "no-store")
		return next(c)
	}
}

func (s *Site) setPolicy(c echo.Context, policy string) {
	c.Response().Header().Set("Content-Security-Policy", policy+s.socketOrigin(c))
}

// socketOrigin returns the origin of this site's WebSocket after a space, or "" if the
// request names no plain host. 'self' is not enough: some versions of Safari apply it only
// to http and https.
func (s *Site) socketOrigin(c echo.Context) string {
	site := s.origin(c)
	if site.Host == "" || strings.ContainsFunc(site.Host, notOfHost) {
		return ""
	}
	if site.Secure() {
		return " wss://" + site.Host
	}
	return " ws://" + site.Host
}

// origin returns the origin under which the browser sees this site.
func (s *Site) origin(c echo.Context) origin.Origin { return origin.Of(c.Request(), s.Public) }

// maxHost is the longest name of a host, 253 characters, and a port.
const maxHost = 253 + len(":65535")

// checkHost refuses requests whose Host cannot be one: links and QR codes contain it.
func checkHost(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		host := c.Request().Host
		if host == "" || len(host) > maxHost || strings.ContainsFunc(host, notOfHost) {
			return echo.ErrBadRequest
		}
		return next(c)
	}
}

// notOfHost reports characters that no host has. ";" and "," in a policy would begin another
// directive or another policy.
func notOfHost(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return false
	}
	return !strings.ContainsRune(".-_:[]", r)
}
