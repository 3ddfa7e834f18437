package web

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"

	"chatter/shared/refuse"

	"github.com/labstack/echo/v4"
)

// maxBodyBytes bounds a form. The longest message, percent-encoded, takes less than half of
// it; nginx has the same limit.
const maxBodyBytes = 64 << 10

// maxBusy bounds the requests at a time that read from Redis. Each may hold half a megabyte:
// the longest 50 messages, rendered, and for a history twice as many as JSON.
const maxBusy = 256

// limitTime cancels a request's context after the harakiri time, so that requests do not
// pile up while Redis hangs.
func (s *Site) limitTime(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), s.harakiri)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

// limitBody makes reading more than maxBodyBytes an *http.MaxBytesError.
func (s *Site) limitBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		r.Body = http.MaxBytesReader(c.Response().Writer, r.Body, maxBodyBytes)
		return next(c)
	}
}

// refuseForeignPosts refuses forms that another site's page sends.
func (s *Site) refuseForeignPosts(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := s.origins.Check(c.Request()); err != nil {
			return echo.NewHTTPError(http.StatusForbidden).WithInternal(err)
		}
		return next(c)
	}
}

// refuseRooms answers for a room whose name is refused as for an impossible one.
func (s *Site) refuseRooms(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if strings.HasPrefix(c.Path(), "/chat/:room/") {
			if room, _, _ := roomOf(c); s.refused.Room(room) {
				return echo.NewHTTPError(http.StatusNotFound).WithInternal(refuse.Error)
			}
		}
		return next(c)
	}
}

// parseForm reads the form in the body. The error has the status of the answer.
func parseForm(c echo.Context) error {
	err := c.Request().ParseForm()
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &tooLarge):
		return echo.NewHTTPError(http.StatusRequestEntityTooLarge).WithInternal(err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return echo.NewHTTPError(http.StatusRequestTimeout).WithInternal(err)
	default:
		return echo.NewHTTPError(http.StatusBadRequest).WithInternal(err)
	}
}
