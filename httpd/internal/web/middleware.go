package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"chatter/shared/daemon"
	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/refuse"

	"github.com/labstack/echo/v4"
)

// maxBodyBytes bounds a form. The longest message, percent-encoded, takes less than half of
// it; nginx has the same limit.
const maxBodyBytes = 64 << 10

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
		s.Access.LogAttrs(r.Context(), slog.LevelInfo, "request",
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

// limitTime cancels a request's context after the harakiri time, so that requests do not
// pile up while Redis hangs.
func (s *Site) limitTime(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), s.Harakiri)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

// answerErrors turns the error or panic of a handler into a response.
func (s *Site) answerErrors(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := s.attempt(c, next)
		if err == nil {
			return nil
		}
		if s.attempt(c, func(c echo.Context) error { return s.fail(c, err) }) != nil && !c.Response().Committed {
			// Rendering the error's page failed too.
			return c.String(http.StatusInternalServerError, "Something went wrong on our side.\n")
		}
		return nil
	}
}

// errPanic stands for a panic that has been logged.
var errPanic = errors.New("handler panicked")

// attempt calls h and turns a panic into an error.
func (s *Site) attempt(c echo.Context, h echo.HandlerFunc) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v == http.ErrAbortHandler {
			panic(v)
		}
		daemon.LogPanic(s.Logger, v, "route", plainRoute(c))
		err = errPanic
	}()
	return h(c)
}

// limitBody makes reading more than maxBodyBytes an *http.MaxBytesError.
func (s *Site) limitBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		r.Body = http.MaxBytesReader(c.Response().Writer, r.Body, maxBodyBytes)
		return next(c)
	}
}

// parseForm reads the form in the body. The error has the status of the answer.
func parseForm(c echo.Context) error {
	err := c.Request().ParseForm()
	if err == nil {
		return nil
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return echo.ErrStatusRequestEntityTooLarge.WithInternal(err)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return echo.ErrRequestTimeout.WithInternal(err)
	}
	return echo.ErrBadRequest.WithInternal(err)
}

// refuseForeignPosts refuses forms that another site's page sends.
func (s *Site) refuseForeignPosts(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if err := s.origins.Check(r); err != nil {
			return echo.ErrForbidden.WithInternal(err)
		}
		// Check compares hosts only. Browsers without Sec-Fetch-Site send the cookie from
		// the same host over http, too, where somebody on the line may have made the page.
		if r.Method == http.MethodPost && r.Header.Get("Sec-Fetch-Site") == "" && s.origin(c).Secure() && strings.HasPrefix(r.Header.Get("Origin"), "http:") {
			return echo.ErrForbidden.WithInternal(errors.New("a page over http sent a form to https"))
		}
		return next(c)
	}
}

// forGuests answers guests with 503 until it is known which sessions have ended, which a
// process that starts without Redis does not know. Requests beyond maxBusy wait.
func (s *Site) forGuests(h echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		done, err := s.busy.begin(c.Request().Context(), s.Classes.Of(c.Request(), s.now()))
		if err != nil {
			return err
		}
		defer done()
		if _, ok := s.session(c); ok && !(s.Sessions.Known() && s.Mutes.Known()) {
			return fmt.Errorf("%w: ended sessions and mutes have not been read", redisconn.ErrUnavailable)
		}
		return h(c)
	}
}

// inRoom calls h with the room in the address /chat/NAME/…. A name that cannot be one and a
// refused one are not found. A GET is redirected if NAME is not the enforced form of the name.
//
// NAME is taken from the escaped path: echo decodes a parameter or not, depending on how
// the address is written, and only the escaped path distinguishes %2F from a slash.
func (s *Site) inRoom(h func(echo.Context, name.Room) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		room, spelled, err := name.ParseRoomPath(strings.TrimPrefix(r.URL.EscapedPath(), "/chat/"))
		if err == nil && s.Refused.Room(room) {
			err = refuse.Error
		}
		if err != nil {
			return echo.ErrNotFound.WithInternal(err)
		}
		if !spelled && r.Method != http.MethodPost {
			return c.Redirect(http.StatusMovedPermanently, room.Path()+strings.TrimPrefix(c.Path(), roomRoute)+queryOf(r.URL))
		}
		return h(c, room)
	}
}

// inFrame lets the site's pages show the answer in a frame, and an error, too.
func (s *Site) inFrame(h echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		s.setPolicy(c, framePolicy)
		return h(c)
	}
}
