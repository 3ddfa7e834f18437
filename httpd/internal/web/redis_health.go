package web

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"chatter/shared/daemon"
	"chatter/shared/redisconn"

	"github.com/prometheus/client_golang/prometheus"
)

// redisHealth counts failed requests to Redis, and logs when Redis stops answering and
// when it answers again. A line for each failure would be a thousand lines a second.
type redisHealth struct {
	logger *slog.Logger
	errors prometheus.Counter
	down   atomic.Bool
}

// observe takes the result of a request to Redis and returns it.
func (h *redisHealth) observe(err error) error {
	switch {
	case err == nil:
		if h.down.Load() && h.down.CompareAndSwap(true, false) {
			h.logger.Info("redis is back")
		}
	case errors.Is(err, context.Canceled):
		// The client closed the connection.
	case errors.Is(err, redisconn.ErrUnavailable):
		h.errors.Inc()
		if h.down.CompareAndSwap(false, true) {
			h.logger.Warn("redis does not answer", "reason", daemon.ErrorText(err))
		}
	}
	return err
}
