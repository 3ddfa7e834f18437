package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"chatter/httpd/internal/page"
	"chatter/shared/daemon"
	"chatter/shared/redisconn"

	"github.com/labstack/echo/v4"
)

// retryLater is for a request that failed for the moment; error.html retries after the same
// time.
const retryLater = 3 * time.Second

// retryAfter sets the header Retry-After, in whole seconds, which it returns.
func retryAfter(c echo.Context, d time.Duration) (seconds int) {
	seconds = int((d + time.Second - 1) / time.Second)
	c.Response().Header().Set("Retry-After", strconv.Itoa(seconds))
	return seconds
}

// failure is an error as a guest sees it.
type failure struct {
	status int
	text   string // the key of the heading; the key of the detail has ".detail" appended
	retry  bool   // the same request may succeed later
}

func (f failure) Error() string { return f.text }

// shown are the statuses that a guest can get; other ones become a 500.
var shown = []int{
	http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusRequestTimeout,
	http.StatusRequestEntityTooLarge, http.StatusServiceUnavailable, http.StatusInternalServerError,
}

func failureWith(status int) failure {
	if !slices.Contains(shown, status) {
		status = http.StatusInternalServerError
	}
	return failure{status, fmt.Sprint("error.", status), status == http.StatusServiceUnavailable}
}

// tooSlow is for a request that reached its time limit.
var tooSlow = failure{status: http.StatusServiceUnavailable, text: "error.slow", retry: true}

// statusGone is logged when the client closed the connection before the answer.
const statusGone = 499

// failureOf translates an error into what a guest sees.
func failureOf(ctx context.Context, err error) failure {
	if f, ok := errors.AsType[failure](err); ok {
		return f
	}
	known, ok := errors.AsType[*echo.HTTPError](err)
	switch {
	case ok:
		return failureWith(known.Code)
	case errors.Is(ctx.Err(), context.Canceled):
		return failure{status: statusGone}
	case expired(ctx):
		return tooSlow
	case errors.Is(err, redisconn.ErrUnavailable):
		return failureWith(http.StatusServiceUnavailable)
	}
	return failureWith(http.StatusInternalServerError)
}

// expired reports whether the deadline of ctx has passed. A connection with the same
// deadline may fail a moment before ctx.Err reports it.
func expired(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && !time.Now().Before(deadline)
}

// fail answers with the error's page, or with JSON where the route answers with JSON.
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
		s.Logger.Error("request failed", "route", plainRoute(c), "reason", daemon.ErrorText(err))
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	if f.retry {
		retryAfter(c, retryLater)
	}
	l := s.language(c)
	detail := l.Text(f.text + ".detail")
	if c.Path() == historyRoute || wantsJSON(c) {
		return sendJSON(c, f.status, jsonError{Error: detail})
	}
	return s.render(c, f.status, page.Failure{
		Base:   s.base(c, l.Text(f.text)),
		Status: f.status,
		Detail: detail,
		// The page reloads itself with GET, so it must have been a GET.
		Retry: f.retry && (r.Method == http.MethodGet || r.Method == http.MethodHead),
	})
}
