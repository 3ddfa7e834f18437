package web

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/labstack/echo/v4"
)

// errPanic is what a panic becomes once it stands in the log.
var errPanic = errors.New("handler panicked")

// answerErrors turns what a handler returns, or panics with, into a response.
func (s *Site) answerErrors(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := s.attempt(c, next)
		if err == nil {
			return nil
		}
		if s.attempt(c, func(c echo.Context) error { return s.fail(c, err) }) != nil && !c.Response().Committed {
			// Not even the error's page could be made.
			return c.String(http.StatusInternalServerError, "Something went wrong on our side.\n")
		}
		return nil
	}
}

// attempt calls h and makes a panic an error.
func (s *Site) attempt(c echo.Context, h echo.HandlerFunc) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v == http.ErrAbortHandler {
			panic(v)
		}
		s.logger.Error("panic", "route", plainRoute(c), "value", panicText(v), "stack", string(debug.Stack()))
		err = errPanic
	}()
	return h(c)
}

// panicText is what may be logged of a panic's value. The runtime's own words
// hold no guest's text; anything else might, so only its type is named. (A
// stack shows addresses in memory, never what stands there.)
func panicText(v any) string {
	if err, ok := v.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", v)
}
