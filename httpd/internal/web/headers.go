package web

import (
	"strings"

	"github.com/labstack/echo/v4"
)

// The Content-Security-Policy, without the sockets in its connect-src. Nothing may
// be inline, so text that slipped through unescaped would still not run.
const (
	everyPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
	lastPolicy  = "connect-src 'self'"

	policy = everyPolicy + "img-src 'self'; frame-ancestors 'none'; " + lastPolicy
	// A room draws the number of unread messages into its icon, and has its log in
	// a frame when there are no scripts.
	roomPolicy  = everyPolicy + "img-src 'self' data:; frame-src 'self'; frame-ancestors 'none'; " + lastPolicy
	framePolicy = everyPolicy + "img-src 'self'; frame-ancestors 'self'; " + lastPolicy
)

// secureHeaders sets the headers that every response has, errors and assets
// too. Handlers may only replace Cache-Control and the policy.
func (s *Site) secureHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		setPolicy(c, policy)
		h.Set("X-Content-Type-Options", "nosniff")
		// A room's address holds its name: that is nobody else's business.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		// Pages hold the guest's name and change with every message.
		h.Set("Cache-Control", "no-store")
		return next(c)
	}
}

func setPolicy(c echo.Context, policy string) {
	c.Response().Header().Set("Content-Security-Policy", policy+socketOrigin(c))
}

// socketOrigin is the origin of this site's sockets with a space in front, or
// "" if the request names no plain host. 'self' should be enough, but Safari
// has taken it for http and https alone.
func socketOrigin(c echo.Context) string {
	host := c.Request().Host
	if host == "" || strings.ContainsFunc(host, notOfHost) {
		return ""
	}
	if secure(c) {
		return " wss://" + host
	}
	return " ws://" + host
}

// notOfHost keeps what a Host header may hold, but a policy must not, out of
// the policy: ";" and "," would begin another directive or another policy.
func notOfHost(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return false
	}
	return !strings.ContainsRune(".-_:[]", r)
}

// secure reports whether the guest came over https. nginx ends TLS and says so;
// it overwrites what the guest may claim.
func secure(c echo.Context) bool {
	r := c.Request()
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}
