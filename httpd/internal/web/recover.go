package web

import (
	"chatter/shared/daemon"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"
)

// errPanic stands for a panic that has been logged.
var errPanic = errors.New("handler panicked")

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
		daemon.LogPanic(s.logger, v, "route", plainRoute(c))
		err = errPanic
	}()
	return h(c)
}
