package parts

import (
	"net/http"
	"sync/atomic"

	"chatter/shared/capacity"
	"chatter/shared/daemon"
	"chatter/shared/limits"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are for the operator. Each request for them calls the functions that were added.
type Metrics struct{ *prometheus.Registry }

// Gauge adds a number that rises and falls.
func (m Metrics) Gauge(name, help string, value func() float64) {
	m.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

// Total adds a number that only rises. The values of labels come from small fixed sets, never
// from a client.
func (m Metrics) Total(name, help string, labels prometheus.Labels, value func() float64) {
	m.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels}, value))
}

// Count is Total of a counter.
func (m Metrics) Count(name, help string, counter *atomic.Int64) {
	m.Total(name, help, nil, func() float64 { return float64(counter.Load()) })
}

func (m Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{})
}

// newMetrics returns the metrics of the parts.
func newMetrics(p *Set, landlock int) Metrics {
	m := Metrics{prometheus.NewRegistry()}
	m.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "chatter_build_info", Help: "1, with the version of this process.", ConstLabels: prometheus.Labels{"version": daemon.Version},
	}, func() float64 { return 1 }))
	m.Gauge("chatter_findings", "Findings that /readyz names.", func() float64 { return float64(len(p.Daemon.Warnings())) })
	m.Gauge("chatter_landlock_version", "Version of the kernel's Landlock that restricts the process; 0 = it restricts no files and no ports.",
		func() float64 { return float64(landlock) })
	m.Gauge("chatter_mutes", "Mutes in force.", func() float64 { return float64(len(p.Mutes.InForce())) })
	m.Gauge("chatter_index_left_out", "How often a name was not listed because its address class had its share of the index.", p.Presence.LeftOut)
	m.Gauge("chatter_redis_memory_share", "The part of Redis's maxmemory that is used.", p.Capacity.Share)
	m.Gauge("chatter_redis_file_bytes", "Length of Redis's append-only files.", p.Capacity.FileBytes)
	m.Gauge("chatter_redis_disk_free_bytes", "Bytes free on the disk of Redis's files, if Redis runs on this machine.", p.Capacity.DiskFree)
	for _, g := range p.Retention.Gauges() {
		m.Gauge(g.Name, g.Help, g.Value)
	}
	m.Count("chatter_refused_muted_total", "Messages of muted authors, as of the last presence interval.", &p.Mutes.Refused)
	for _, step := range capacity.Steps {
		m.Total("chatter_full_total", "Refusals because Redis is nearly full, by what is refused.", prometheus.Labels{"refused": step.String()},
			func() float64 { return float64(p.Capacity.Refused(step)) })
	}
	for _, reason := range limits.Reasons {
		m.Total(limits.CounterName, limits.CounterHelp, prometheus.Labels{"reason": reason.String()},
			func() float64 { return float64(p.Limiter.Refused(reason)) })
	}
	return m
}

func (m Metrics) addOrders(counts map[string]*atomic.Int64) {
	for kind, n := range counts {
		m.Total("chatter_orders_total", "Orders obeyed, by kind.", prometheus.Labels{"kind": kind}, func() float64 { return float64(n.Load()) })
	}
}
