package web

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"chatter/shared/capacity"
	"chatter/shared/daemon"
	"chatter/shared/limits"
	"chatter/shared/mutes"
	"chatter/shared/retention"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
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

func newMetrics(limiter *limits.Limiter, muted *mutes.Mutes) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chatter_httpd_requests_total",
			Help: "Requests answered, by route pattern, method and status.",
		}, []string{"route", "method", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "chatter_httpd_request_seconds",
			Help: "Time taken to answer, by route pattern and method.",
			// From a cached asset up to the default time limit.
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route", "method"}),
		redisErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "chatter_httpd_redis_errors_total",
			Help: "Failed requests to Redis.",
		}),
		stored: prometheus.NewCounter(prometheus.CounterOpts{Name: "chatter_stored_total", Help: "Messages of forms that were stored."}),
	}
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "chatter_build_info", Help: "1, with the version of this process.", ConstLabels: prometheus.Labels{"version": daemon.Version},
		}, func() float64 { return 1 }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "chatter_mutes", Help: "Mutes in force."},
			func() float64 { return float64(len(muted.InForce())) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "chatter_refused_muted_total", Help: "Messages of muted authors, as of the last presence interval.",
		}, func() float64 { return float64(muted.Refused.Load()) }))
	m.registry.MustRegister(m.requests, m.durations, m.redisErrors, m.stored,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, reason := range limits.Reasons {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: limits.CounterName, Help: limits.CounterHelp, ConstLabels: prometheus.Labels{"reason": reason.String()},
		}, func() float64 { return float64(limiter.Refused(reason)) }))
	}
	return m
}

func (m *metrics) observe(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.durations.WithLabelValues(route, method).Observe(took.Seconds())
}

func (m *metrics) handler(watch *capacity.Watch, orders map[string]*atomic.Int64, cacheBytes func() int, gauges []retention.Gauge) http.Handler {
	gauges = append(gauges,
		retention.Gauge{Name: "chatter_redis_memory_share", Help: "The part of Redis's maxmemory that is used.", Value: watch.Share},
		retention.Gauge{Name: "chatter_redis_file_bytes", Help: "Length of Redis's append-only files.", Value: watch.FileBytes},
		retention.Gauge{Name: "chatter_redis_disk_free_bytes", Help: "Bytes free on the disk of Redis's files, if Redis runs on this machine.", Value: watch.DiskFree},
		retention.Gauge{Name: "chatter_cache_bytes", Help: "Bytes of the rendered lists that are cached.", Value: func() float64 { return float64(cacheBytes()) }})
	for _, step := range capacity.Steps {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "chatter_full_total", Help: "Refusals because Redis is nearly full, by what is refused.",
			ConstLabels: prometheus.Labels{"refused": step.String()},
		}, func() float64 { return float64(watch.Refused(step)) }))
	}
	for kind, n := range orders {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "chatter_orders_total", Help: "Orders obeyed, by kind.", ConstLabels: prometheus.Labels{"kind": kind},
		}, func() float64 { return float64(n.Load()) }))
	}
	for _, g := range gauges {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: g.Name, Help: g.Help}, g.Value))
	}
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
