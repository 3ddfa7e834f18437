package web

import (
	"errors"
	"strconv"

	"chatter/shared/wire"

	"github.com/labstack/echo/v4"
)

// stored is the answer to a script whose message is stored.
type stored struct {
	ID string `json:"id"`
}

// refusal is the answer to a script whose message is not stored, with the fields of the
// WebSocket's event.
type refusal struct {
	Code       wire.Code `json:"code"`
	Detail     string    `json:"detail"`
	RetryAfter int       `json:"retry_after"` // seconds
}

func sendRefusal(c echo.Context, form roomForm) error {
	// Without the header there is nothing to wait for.
	seconds, _ := strconv.Atoi(c.Response().Header().Get("Retry-After"))
	return sendJSON(c, form.status, refusal{Code: form.code, Detail: form.problem, RetryAfter: seconds})
}

// textCode is the code of an error of wire.ParseText.
func textCode(err error) wire.Code {
	switch {
	case errors.Is(err, wire.ErrEmpty):
		return wire.CodeEmpty
	case errors.Is(err, wire.ErrTooLong):
		return wire.CodeTooLong
	default:
		return wire.CodeBadText
	}
}
