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
	status          int
	heading, detail string
	retry           bool // worth retrying without doing anything else
}

// failures are all that a guest can run into; the default is the last one.
var failures = map[int]failure{
	http.StatusBadRequest: {heading: "That did not make sense",
		detail: "Your browser sent something that cannot be read."},
	http.StatusForbidden: {heading: "That came from another site",
		detail: "A form was sent to Chatter from a page that is not Chatter's, so nothing was done."},
	http.StatusNotFound: {heading: "There is nothing here",
		detail: "The address may be mistyped, or it holds a name that no room can have."},
	http.StatusMethodNotAllowed: {heading: "That does not work here",
		detail: "This address exists, but not for what your browser asked of it."},
	http.StatusRequestTimeout: {heading: "That took too long to arrive",
		detail: "The form did not come through in time. Please send it again."},
	http.StatusRequestEntityTooLarge: {heading: "That is too much",
		detail: "What you sent is far longer than any message may be. Go back and shorten it."},
	http.StatusServiceUnavailable: {heading: "Chatter cannot reach its memory",
		detail: "Rooms and messages are out of reach just now. It is not you, and nothing that was sent is lost.", retry: true},
	http.StatusInternalServerError: {heading: "Something went wrong",
		detail: "It is our fault, not yours, and it stands in our log. Please try again."},
}

// tooSlow is the 503 of a request that ran into its time limit.
var tooSlow = failure{status: http.StatusServiceUnavailable, heading: "That took too long",
	detail: "Chatter is very busy just now. It is not you, and nothing that was sent is lost.", retry: true}

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
	if c.Path() == historyRoute {
		return writeJSON(c, f.status, historyError{Error: f.detail})
	}
	p := errorPage{
		page:    s.page(c, f.heading, ""),
		Status:  f.status,
		Heading: f.heading,
		Detail:  f.detail,
		// A page that reloads itself asks again with GET: only where that was
		// what the guest wanted.
		Retry: f.retry && (r.Method == http.MethodGet || r.Method == http.MethodHead),
	}
	return s.views.failure.write(c, f.status, p)
}
