package wire

import (
	"errors"
	"time"
)

// Code is the reason of a refusal, for programs.
type Code string

const (
	CodeBadFrame    Code = "bad_frame"    // not a frame of the protocol
	CodeEmpty       Code = "empty"        // no text, or nothing of it can be seen
	CodeTooLong     Code = "too_long"     // more than MaxTextBytes or MaxTextClusters
	CodeBadText     Code = "bad_text"     // invalid UTF-8, control characters, too many marks
	CodeBadNonce    Code = "bad_nonce"    // no nonce, or not of its form
	CodeRateLimited Code = "rate_limited" // too fast: the client may send the same frame after RetryAfter
	CodeUnavailable Code = "unavailable"  // could not be stored now: the client may send the same frame after RetryAfter
	CodeMuted       Code = "muted"        // the operator has muted the author: nothing is said until RetryAfter is over
	CodeFull        Code = "full"         // the site takes no more for now: the client may send the same frame after RetryAfter
)

// Refusal says that a message was not stored, and why. Only the sender receives it.
type Refusal struct {
	Nonce      Nonce  // "" if the frame had none
	Code       Code   // for programs
	Detail     string // for people
	RetryAfter time.Duration
}

// Error returns the code and the detail, never the nonce.
func (r Refusal) Error() string {
	if r.Detail == "" {
		return string(r.Code)
	}
	return string(r.Code) + ": " + r.Detail
}

// refuseText returns the refusal for an error of ParseText.
func refuseText(err error) *Refusal {
	code := CodeBadText
	switch {
	case errors.Is(err, ErrEmpty):
		code = CodeEmpty
	case errors.Is(err, ErrTooLong):
		code = CodeTooLong
	}
	return &Refusal{Code: code, Detail: err.Error()}
}
