package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"chatter/shared/capacity"
	"chatter/shared/daemon"
	"chatter/shared/limits"
	"chatter/shared/redisconn"
	"chatter/shared/retention"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are for the operator. The values of labels come from small fixed sets, never from
// a client.
type metrics struct {
	registry    *prometheus.Registry
	requests    *prometheus.CounterVec
	durations   *prometheus.HistogramVec
	redisErrors prometheus.Counter
	stored      prometheus.Counter
}

func newMetrics() *metrics {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	add := promauto.With(registry)
	return &metrics{
		registry: registry,
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

// Metrics serves the metrics of the site, the orders that were obeyed by kind, and the gauges to
// Prometheus. It is called once.
func (s *Site) Metrics(orders map[string]*atomic.Int64, gauges ...retention.Gauge) http.Handler {
	add := promauto.With(s.metrics.registry)
	add.NewGauge(prometheus.GaugeOpts{
		Name: "chatter_build_info", Help: "1, with the version of this process.", ConstLabels: prometheus.Labels{"version": daemon.Version},
	}).Set(1)
	add.NewCounterFunc(prometheus.CounterOpts{
		Name: "chatter_refused_muted_total", Help: "Messages of muted authors, as of the last presence interval.",
	}, func() float64 { return float64(s.Mutes.Refused.Load()) })
	for _, c := range s.Limiter.Counters() {
		add.NewCounterFunc(prometheus.CounterOpts{
			Name: limits.CounterName, Help: limits.CounterHelp, ConstLabels: prometheus.Labels{"reason": c.Reason},
		}, c.Value)
	}
	for _, step := range capacity.Steps {
		add.NewCounterFunc(prometheus.CounterOpts{
			Name: "chatter_full_total", Help: "Refusals because Redis is nearly full, by what is refused.",
			ConstLabels: prometheus.Labels{"refused": step.String()},
		}, func() float64 { return float64(s.Capacity.Refused(step)) })
	}
	for kind, n := range orders {
		add.NewCounterFunc(prometheus.CounterOpts{
			Name: "chatter_orders_total", Help: "Orders obeyed, by kind.", ConstLabels: prometheus.Labels{"kind": kind},
		}, func() float64 { return float64(n.Load()) })
	}
	for _, g := range append(gauges,
		retention.Gauge{Name: "chatter_mutes", Help: "Mutes in force.", Value: func() float64 { return float64(len(s.Mutes.InForce())) }},
		retention.Gauge{Name: "chatter_redis_memory_share", Help: "The part of Redis's maxmemory that is used.", Value: s.Capacity.Share},
		retention.Gauge{Name: "chatter_redis_file_bytes", Help: "Length of Redis's append-only files.", Value: s.Capacity.FileBytes},
		retention.Gauge{Name: "chatter_redis_disk_free_bytes", Help: "Bytes free on the disk of Redis's files, if Redis runs on this machine.", Value: s.Capacity.DiskFree},
		retention.Gauge{Name: "chatter_cache_bytes", Help: "Bytes of the rendered lists that are cached.", Value: func() float64 { return float64(s.pages.CacheBytes()) }},
	) {
		add.NewGaugeFunc(prometheus.GaugeOpts{Name: g.Name, Help: g.Help}, g.Value)
	}
	return promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{})
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
