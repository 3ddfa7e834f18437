package web

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// observe counts each request and writes its line to the access log: the method, the
// pattern of the route, the status and the duration. It writes neither the path, which
// contains a room's name, nor anything about the guest.
func (s *Site) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		err := next(c)
		took := time.Since(began)

		r := c.Request()
		method, route, status := plainMethod(r.Method), plainRoute(c), c.Response().Status
		s.metrics.observe(route, method, status, took)
		s.access.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("method", method),
			slog.String("route", route),
			slog.Int("status", status),
			slog.Duration("duration", took))
		return err
	}
}

// plainMethod returns a standard method, or OTHER: a client may send any word.
func plainMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return method
	}
	return "OTHER"
}

// plainRoute returns the pattern that the address matches.
func plainRoute(c echo.Context) string {
	if c.Path() == "" {
		return "none"
	}
	return c.Path()
}
