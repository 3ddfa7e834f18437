package daemon

import (
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
)

// wrap is around the public handler. While the process drains it asks clients
// to open a new connection for their next request: that goes to a twin, or to
// the image that comes next.
//
// A panic ends its connection, as without wrap, and is one line in the log.
// What was panicked with is shown only if the runtime made it; anything else
// may quote what a guest has written.
func (p *process) wrap(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v != http.ErrAbortHandler {
				what := fmt.Sprintf("a %T, not shown", v)
				if err, ok := v.(runtime.Error); ok {
					what = err.Error()
				}
				p.Logger.Error("panic in a handler", "value", what, "stack", string(debug.Stack()))
			}
			panic(http.ErrAbortHandler)
		}()
		h.ServeHTTP(w, r)
	})
}
