package web

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
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
	m := &metrics{
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
	to.MustRegister(m.requests, m.durations, m.redisErrors, m.stored, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "chatter_cache_bytes", Help: "Bytes of the rendered lists that are cached.",
	}, func() float64 { return float64(cacheBytes()) }))
	return m
}

func (m *metrics) observe(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.durations.WithLabelValues(route, method).Observe(took.Seconds())
}
