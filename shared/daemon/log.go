package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"runtime/debug"
	"strings"
)

// serverLog receives the log lines of an http.Server. Most of them say that a client broke
// off: they are logged at debug level. A failing accept is logged as a warning.
type serverLog struct{ logger *slog.Logger }

func (l *serverLog) Write(line []byte) (int, error) {
	text, _, _ := strings.Cut(string(line), "\n")
	level := slog.LevelDebug
	if strings.HasPrefix(text, "http: Accept error") {
		level = slog.LevelWarn
	}
	l.logger.Log(context.Background(), level, "http server", "says", withoutAddresses(text))
	return len(line), nil
}

// withoutAddresses replaces every IP address in a line of the log, with its port.
func withoutAddresses(line string) string {
	words := strings.Split(line, " ")
	for i, word := range words {
		// Trim would take the colons at the beginning of an IPv6 address.
		if isAddress(strings.TrimSuffix(strings.Trim(word, `;,."'()`), ":")) {
			words[i] = "ADDRESS"
		}
	}
	return strings.Join(words, " ")
}

func isAddress(s string) bool {
	// net.OpError shows both ends as 10.0.0.1:80->10.0.0.2:90.
	if from, to, ok := strings.Cut(s, "->"); ok {
		return isAddress(from) || isAddress(to)
	}
	_, errPort := netip.ParseAddrPort(s)
	_, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return err == nil || errPort == nil
}

// ErrorText returns the text of an error for the log, without addresses.
func ErrorText(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = fmt.Errorf("%s: %w", op.Op, op.Err)
	}
	return withoutAddresses(err.Error())
}

// LogPanic logs a value that recover returned, with the stack and with further
// attributes. It shows the text of the value only if the runtime made it: any other value
// may quote a guest. It must be called by the deferred function that recovered.
func LogPanic(logger *slog.Logger, value any, attributes ...any) {
	text := fmt.Sprintf("a %T, not shown", value)
	if err, ok := value.(runtime.Error); ok {
		text = err.Error()
	}
	logger.With(attributes...).Error("panic in a handler", "value", text, "stack", string(debug.Stack()))
}
