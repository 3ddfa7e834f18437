package redisconn

import (
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// ErrUnavailable says that Redis did not execute a command, for a reason that may pass: it
// is away, loading, read-only, full, or too slow. Every error of a command wraps it,
// because to a guest they all mean "try again".
var ErrUnavailable = errors.New("redis unavailable")

// Unavailable wraps the error of a command in ErrUnavailable. It returns nil for nil and
// for redis.Nil, which says that there is no such value. Its text does not repeat the
// arguments of the command.
func Unavailable(doing string, err error) error {
	if err == nil || errors.Is(err, redis.Nil) {
		return nil
	}
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, doing, withoutArguments(err))
}

// replyError is an error that Redis answered. Its text is only the code of the answer,
// because the rest may repeat the command with its keys and texts.
type replyError struct{ error }

// withoutArguments hides the arguments of a command in an error that Redis answered.
func withoutArguments(err error) error {
	if answer, ok := errors.AsType[redis.Error](err); ok {
		return replyError{answer}
	}
	return err
}

func (e replyError) Error() string { return "Redis answered " + replyCode(e.error) }
func (e replyError) Unwrap() error { return e.error }

// replyCode returns the first word of an answer, which Redis writes in capital letters.
func replyCode(err error) string {
	code, _, _ := strings.Cut(err.Error(), " ")
	if code == "" || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "with an error"
	}
	return code
}

// passing are the codes of answers that say: try again later.
var passing = map[string]bool{
	"LOADING": true, "READONLY": true, "MASTERDOWN": true, "BUSY": true, "TRYAGAIN": true, "OOM": true,
	"MISCONF": true, "CLUSTERDOWN": true, "MOVED": true, "ASK": true, "NOREPLICAS": true, "NOMASTERLINK": true,
	"UNBLOCKED": true, "NOSCRIPT": true, "NOAUTH": true, "WRONGPASS": true,
}

// Refused reports whether Redis understood a command and will not execute it now or later,
// because it is too old for it or its access list forbids it.
func Refused(err error) bool {
	answer, ok := errors.AsType[redis.Error](err)
	return ok && !errors.Is(err, redis.Nil) && !passing[replyCode(answer)]
}

// Full reports whether Redis has refused to store something because its memory is full.
func Full(err error) bool {
	answer, ok := errors.AsType[redis.Error](err)
	return ok && (replyCode(answer) == "OOM" || strings.Contains(answer.Error(), "OOM command not allowed"))
}
