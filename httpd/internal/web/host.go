package web

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// maxHost is the longest name of a host, 253 characters, and a port.
const maxHost = 253 + len(":65535")

// checkHost refuses requests whose Host cannot be one: links and QR codes contain it.
func checkHost(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		host := c.Request().Host
		if host == "" || len(host) > maxHost || strings.ContainsFunc(host, notOfHost) {
			return echo.NewHTTPError(http.StatusBadRequest)
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
