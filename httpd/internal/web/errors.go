package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"chatter/shared/redisconn"

	"github.com/labstack/echo/v4"
)

// retryAfterSeconds is when a page that could not be made is worth asking for
// again; error.html retries at the same pace.
const retryAfterSeconds = "3"

// failure is what a guest is told of an error.
type failure struct {
	status int
	words  string // the key of the heading; of the detail with ".detail" behind it
	retry  bool   // worth retrying without doing anything else
}

// failures are all that a guest can run into; the default is the last one.
var failures = map[int]failure{
	http.StatusBadRequest:            {words: "error.400"},
	http.StatusForbidden:             {words: "error.403"},
	http.StatusNotFound:              {words: "error.404"},
	http.StatusMethodNotAllowed:      {words: "error.405"},
	http.StatusRequestTimeout:        {words: "error.408"},
	http.StatusRequestEntityTooLarge: {words: "error.413"},
	http.StatusServiceUnavailable:    {words: "error.503", retry: true},
	http.StatusInternalServerError:   {words: "error.500"},
}

// tooSlow is the 503 of a request that ran into its time limit.
var tooSlow = failure{status: http.StatusServiceUnavailable, words: "error.slow", retry: true}

// statusGone is logged when a guest has gone before the answer; nobody gets it.
const statusGone = 499

// failureOf translates an error, once, here at the edge.
func failureOf(ctx context.Context, err error) failure {
	status := http.StatusInternalServerError
	var known *echo.HTTPError
	switch {
	case errors.As(err, &known):
		status = known.Code
	case errors.Is(ctx.Err(), context.Canceled):
		return failure{status: statusGone}
	case expired(ctx):
		return tooSlow
	case errors.Is(err, redisconn.ErrUnavailable):
		status = http.StatusServiceUnavailable
	}
	f, ok := failures[status]
	if !ok {
		status = http.StatusInternalServerError
		f = failures[status]
	}
	f.status = status
	return f
}

// expired reports whether ctx has run out of time. A connection that has the same
// deadline may find out a moment before ctx.Err does.
func expired(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && !time.Now().Before(deadline)
}

// fail answers with the error's page, or with JSON where JSON was asked for.
func (s *Site) fail(c echo.Context, err error) error {
	if c.Response().Committed {
		return nil
	}
	r := c.Request()
	f := failureOf(r.Context(), err)
	if f.status == statusGone {
		c.Response().Status = statusGone
		return nil
	}
	if f.status == http.StatusInternalServerError && !errors.Is(err, errPanic) {
		s.logger.Error("request failed", "route", plainRoute(c), "reason", reason(err))
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	if f.retry {
		h.Set("Retry-After", retryAfterSeconds)
	}
	words := s.languages.of(c)
	if c.Path() == historyRoute {
		return writeJSON(c, f.status, historyError{Error: words.say(f.words + ".detail")})
	}
	p := errorPage{
		page:   s.page(c, "door"),
		Status: f.status,
		Detail: words.say(f.words + ".detail"),
		// A page that reloads itself asks again with GET: only where that was
		// what the guest wanted.
		Retry: f.retry && (r.Method == http.MethodGet || r.Method == http.MethodHead),
	}
	p.Title = words.say(f.words)
	return s.views.failure.write(c, f.status, p)
}
