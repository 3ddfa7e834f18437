package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync/atomic"

	"chatter/shared/redisconn"

	"github.com/prometheus/client_golang/prometheus"
)

// memory watches how Redis answers. It counts every failure, but logs only when
// Redis goes and when it is back: at a thousand requests a second a line for
// each would tell no more.
type memory struct {
	logger *slog.Logger
	errors prometheus.Counter
	away   atomic.Bool
}

// watch takes what came of an exchange with Redis and returns it as it is.
func (m *memory) watch(err error) error {
	switch {
	case err == nil:
		if m.away.Load() && m.away.CompareAndSwap(true, false) {
			m.logger.Info("redis is back")
		}
	case errors.Is(err, context.Canceled):
		// The guest has gone; that says nothing about Redis.
	case errors.Is(err, redisconn.ErrUnavailable):
		m.errors.Inc()
		if m.away.CompareAndSwap(false, true) {
			m.logger.Warn("redis does not answer", "reason", reason(err))
		}
	}
	return err
}

// reason is what an error says without the address that it happened with.
func reason(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}
