package main

import (
	"net/http"
	"sync/atomic"

	"chatter/shared/retention"
	"chatter/wsd/internal/live"
	"chatter/wsd/internal/socket"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics serves the totals of the hub and the server to Prometheus. It reads them for each
// request: a count costs the hub and the server one atomic addition.
func metrics(hub *live.Hub, server *socket.Server, gauges []retention.Gauge) http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, value func() float64) {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	total := func(name, help string, value *atomic.Int64) {
		reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help},
			func() float64 { return float64(value.Load()) }))
	}
	gauge("chatter_sockets", "Sockets that are open.", func() float64 { return float64(server.Open()) })
	gauge("chatter_rooms", "Rooms that are held.", func() float64 { return float64(hub.Rooms()) })
	for _, g := range gauges {
		gauge(g.Name, g.Help, g.Value)
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
	total("chatter_unavailable_total", "Messages refused because Redis was away.", &s.Unavailable)
	total("chatter_frames_too_big_total", "Sockets closed for a frame that was too big.", &s.TooBig)
	total("chatter_frames_flooding_total", "Sockets closed for too many frames or bytes.", &s.Flooding)
	total("chatter_unclean_total", "Sockets that ended without a close frame.", &s.Unclean)
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
}
