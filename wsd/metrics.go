package main

import (
	"strconv"

	"chatter/shared/parts"
	"chatter/wsd/internal/live"
	"chatter/wsd/internal/socket"

	"github.com/prometheus/client_golang/prometheus"
)

// newAckTimes returns the histogram of the times between a message's arrival and its ack.
func newAckTimes() prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "chatter_ack_seconds", Help: "Time from the arrival of a message until it was stored and acked.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	})
}

// addMetrics adds the totals of the hub and the server. A count costs them one atomic addition.
func addMetrics(m parts.Metrics, hub *live.Hub, server *socket.Server, acks prometheus.Collector) {
	m.MustRegister(acks)
	m.Gauge("chatter_guests", "Guests with an open socket. One with two addresses counts twice.", func() float64 { return float64(server.Guests()) })
	m.Gauge("chatter_sockets", "Sockets that are open.", func() float64 { return float64(server.Open()) })
	m.Gauge("chatter_rooms", "Rooms that are held.", func() float64 { return float64(len(hub.Rooms())) })
	m.Gauge("chatter_run_bytes", "Bytes that rooms and their newest messages hold.", func() float64 { return float64(hub.Held()) })
	m.Gauge("chatter_waiting_bytes", "Bytes that wait for sockets that read slowly.", func() float64 { return float64(hub.Waiting()) })
	m.Gauge("chatter_reading_bytes", "Bytes of long frames that are being read.", func() float64 { return float64(server.Reading()) })
	m.Gauge("chatter_storing_bytes", "Bytes of messages on their way to Redis.", func() float64 { return float64(server.Storing()) })

	l, s := hub.Counts(), server.Counts()
	m.Count("chatter_messages_total", "Messages handed to rooms.", &l.Messages)
	m.Count("chatter_gaps_total", "Members told of a gap.", &l.Gaps)
	m.Count("chatter_too_slow_total", "Members closed because they fell behind.", &l.TooSlow)
	m.Count("chatter_silent_total", "Sockets cut because a ping was not answered.", &l.Silent)
	m.Count("chatter_handshakes_total", "Sockets accepted.", &s.Accepted)
	m.Count("chatter_handshakes_refused_total", "Handshakes refused: origin, or no WebSocket.", &s.Rejected)
	m.Count("chatter_stored_total", "Messages stored and acked.", &s.Stored)
	m.Count("chatter_refused_total", "Messages refused.", &s.Refused)
	m.Count("chatter_unavailable_total", "Messages refused because Redis was away.", &s.Unavailable)
	m.Count("chatter_frames_too_big_total", "Sockets closed for a frame that was too big.", &s.TooBig)
	m.Count("chatter_frames_flooding_total", "Sockets closed for too many frames or bytes.", &s.Flooding)
	m.Count("chatter_frames_no_memory_total", "Sockets closed because too many long frames were being read.", &s.NoMemory)
	m.Count("chatter_runs_given_up_total", "Rooms whose newest messages were dropped for want of memory.", &l.GivenUp)
	m.Count("chatter_rooms_refused_total", "Sockets closed because there were too many rooms.", &l.Refused)
	m.Count("chatter_unclean_total", "Sockets that ended without a close frame.", &s.Unclean)
	for code, closes := range s.Closes {
		m.Total("chatter_closes_total", "Sockets closed by the server.", prometheus.Labels{"code": strconv.Itoa(int(code))},
			func() float64 { return float64(closes.Load()) })
	}
}
