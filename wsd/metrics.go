package main

import (
	"net/http"
	"strconv"
	"sync/atomic"

	"chatter/shared/capacity"
	"chatter/shared/daemon"
	"chatter/shared/limits"
	"chatter/shared/mutes"
	"chatter/shared/retention"
	"chatter/wsd/internal/live"
	"chatter/wsd/internal/socket"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// newAckTimes returns the histogram of the times between a message's arrival and its ack.
func newAckTimes() prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "chatter_ack_seconds", Help: "Time from the arrival of a message until it was stored and acked.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	})
}

// metrics serves the totals of the hub and the server to Prometheus. It reads them for each
// request: a count costs the hub and the server one atomic addition.
func metrics(hub *live.Hub, server *socket.Server, watch *capacity.Watch, limiter *limits.Limiter, muted *mutes.Mutes, acks prometheus.Collector, orders map[string]*atomic.Int64, gauges []retention.Gauge) http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, value func() float64) {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	total := func(name, help string, value *atomic.Int64) {
		reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help},
			func() float64 { return float64(value.Load()) }))
	}
	reg.MustRegister(acks, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "chatter_build_info", Help: "1, with the version of this process.", ConstLabels: prometheus.Labels{"version": daemon.Version},
	}, func() float64 { return 1 }))
	gauge("chatter_guests", "Guests with an open socket. One with two addresses counts twice.", func() float64 { return float64(server.Guests()) })
	gauge("chatter_sockets", "Sockets that are open.", func() float64 { return float64(server.Open()) })
	gauge("chatter_rooms", "Rooms that are held.", func() float64 { return float64(hub.Rooms()) })
	gauge("chatter_run_bytes", "Bytes that rooms and their newest messages hold.", func() float64 { return float64(hub.RunMemory()) })
	gauge("chatter_waiting_bytes", "Bytes that wait for sockets that read slowly.", func() float64 { return float64(hub.WaitingMemory()) })
	gauge("chatter_reading_bytes", "Bytes of long frames that are being read.", func() float64 { return float64(server.Reading()) })
	gauge("chatter_storing_bytes", "Bytes of messages on their way to Redis.", func() float64 { return float64(server.Storing()) })
	gauge("chatter_mutes", "Mutes in force.", func() float64 { return float64(len(muted.InForce())) })
	for _, g := range gauges {
		gauge(g.Name, g.Help, g.Value)
	}

	gauge("chatter_redis_memory_share", "The part of Redis's maxmemory that is used.", watch.Share)
	gauge("chatter_redis_file_bytes", "Length of Redis's append-only files.", watch.FileBytes)
	gauge("chatter_redis_disk_free_bytes", "Bytes free on the disk of Redis's files, if Redis runs on this machine.", watch.DiskFree)
	for _, step := range capacity.Steps {
		reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "chatter_full_total", Help: "Refusals because Redis is nearly full, by what is refused.",
			ConstLabels: prometheus.Labels{"refused": step.String()},
		}, func() float64 { return float64(watch.Refused(step)) }))
	}
	for _, reason := range limits.Reasons {
		reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: limits.CounterName, Help: limits.CounterHelp, ConstLabels: prometheus.Labels{"reason": reason.String()},
		}, func() float64 { return float64(limiter.Refused(reason)) }))
	}
	for kind, n := range orders {
		reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "chatter_orders_total", Help: "Orders obeyed, by kind.", ConstLabels: prometheus.Labels{"kind": kind},
		}, func() float64 { return float64(n.Load()) }))
	}

	l, s := hub.Counts(), server.Counts()
	total("chatter_messages_total", "Messages handed to rooms.", &l.Messages)
	total("chatter_gaps_total", "Members told of a gap.", &l.Gaps)
	total("chatter_too_slow_total", "Members closed because they fell behind.", &l.TooSlow)
	total("chatter_silent_total", "Sockets cut because a ping was not answered.", &l.Silent)
	total("chatter_handshakes_total", "Sockets accepted.", &s.Accepted)
	total("chatter_handshakes_refused_total", "Handshakes refused: origin, or no WebSocket.", &s.Rejected)
	total("chatter_stored_total", "Messages stored and acked.", &s.Stored)
	total("chatter_refused_total", "Messages refused.", &s.Refused)
	total("chatter_refused_muted_total", "Messages of muted authors, as of the last presence interval.", &muted.Refused)
	total("chatter_unavailable_total", "Messages refused because Redis was away.", &s.Unavailable)
	total("chatter_frames_too_big_total", "Sockets closed for a frame that was too big.", &s.TooBig)
	total("chatter_frames_flooding_total", "Sockets closed for too many frames or bytes.", &s.Flooding)
	total("chatter_frames_no_memory_total", "Sockets closed because too many long frames were being read.", &s.NoMemory)
	total("chatter_runs_given_up_total", "Rooms whose newest messages were dropped for want of memory.", &l.GivenUp)
	total("chatter_rooms_refused_total", "Sockets closed because there were too many rooms.", &l.Refused)
	for code, closes := range s.Closes {
		reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "chatter_closes_total", Help: "Sockets closed by the server.", ConstLabels: prometheus.Labels{"code": strconv.Itoa(int(code))},
		}, func() float64 { return float64(closes.Load()) }))
	}
	total("chatter_unclean_total", "Sockets that ended without a close frame.", &s.Unclean)
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
}
