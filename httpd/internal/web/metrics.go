package web

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"chatter/shared/daemon"
	"chatter/shared/redisconn"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics are for the operator. The values of labels come from small fixed sets, never from
// a client.
type metrics struct {
	requests    *prometheus.CounterVec
	durations   *prometheus.HistogramVec
	redisErrors prometheus.Counter
	stored      prometheus.Counter
}

// newMetrics returns the metrics of the pages and adds them to others.
func newMetrics(to prometheus.Registerer, cacheBytes func() int) *metrics {
	add := promauto.With(to)
	add.NewGaugeFunc(prometheus.GaugeOpts{Name: "chatter_cache_bytes", Help: "Bytes of the rendered lists that are cached."},
		func() float64 { return float64(cacheBytes()) })
	return &metrics{
		requests: add.NewCounterVec(prometheus.CounterOpts{
			Name: "chatter_httpd_requests_total",
			Help: "Requests answered, by route pattern, method and status.",
		}, []string{"route", "method", "status"}),
		durations: add.NewHistogramVec(prometheus.HistogramOpts{
			Name: "chatter_httpd_request_seconds",
			Help: "Time taken to answer, by route pattern and method.",
			// From a cached asset up to the default time limit.
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route", "method"}),
		redisErrors: add.NewCounter(prometheus.CounterOpts{Name: "chatter_httpd_redis_errors_total", Help: "Failed requests to Redis."}),
		stored:      add.NewCounter(prometheus.CounterOpts{Name: "chatter_stored_total", Help: "Messages of forms that were stored."}),
	}
}

func (m *metrics) observe(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.durations.WithLabelValues(route, method).Observe(took.Seconds())
}

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
