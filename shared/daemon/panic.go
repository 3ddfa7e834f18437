package daemon

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
)

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

// wrap is around the public handler. While the process drains, it asks clients to open a
// new connection for their next request. A panic is logged and closes its connection.
func (p *process) wrap(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			if value != http.ErrAbortHandler {
				LogPanic(p.Logger, value)
			}
			panic(http.ErrAbortHandler)
		}()
		h.ServeHTTP(w, r)
	})
}
