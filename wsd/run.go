package main

import (
	"context"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"time"

	"chatter/shared/background"
	"chatter/shared/daemon"
	"chatter/shared/limits"
	"chatter/shared/name"
	"chatter/shared/orders"
	"chatter/shared/parts"
	"chatter/shared/wire"
	"chatter/wsd/internal/follow"
	"chatter/wsd/internal/live"
	"chatter/wsd/internal/socket"
	"chatter/wsd/internal/upgrade"
)

// run wires the service and serves until the process is told to stop.
func run(ctx context.Context, args []string, getenv func(string) string, stderr io.Writer) error {
	c := new(config)
	return c.Run(c.flags(), args, getenv, stderr, limits.ForSockets, func(p *parts.Set) error {
		src := new(source)
		hub := live.NewHub(live.Options{
			Source: src, History: p.Log, Sessions: p.Sessions,
			Retention: c.Retention, Now: p.Log.Now,
			PingInterval: c.PingInterval, PingTimeout: c.PingTimeout,
			Spread: spread,
		})
		defer hub.Close()
		src.Follower = follow.New(p.Redis, p.Log, hub, follow.SweepEvery)
		defer src.Close()
		p.Sessions.OnEnd(hub.CheckSessions)
		obeyed := p.Follow(orders.Removals{
			Obey: func(key string, removed []wire.Removal) {
				hub.Removed(key, removed)
				p.Retention.Expires(p.Log.Now())
			},
			Reconcile: func(ctx context.Context) error {
				return p.Log.RemovedIn(ctx, hub.Rooms(), func(room name.Room, removed []wire.Removal) { hub.Removed(room.Key(), removed) })
			},
		})
		defer obeyed.Close()

		index := &index{feed: hub.NewFeed(), presence: p.Presence, logger: p.Daemon.Logger}
		var tasks background.Tasks
		defer tasks.Close()
		tasks.Every(publishEvery, index.publish)
		acks := newAckTimes()
		server, err := socket.NewServer(socket.Options{
			Hub: hub, Index: index.feed, Log: p.Log, Classes: p.Classes, Visit: p.Presence.Visit, Used: p.Presence.Used,
			Sessions: p.Sessions, Refused: c.Refused, Mutes: p.Mutes, Limiter: p.Limiter,
			Acked:  func(took time.Duration) { acks.Observe(took.Seconds()) },
			Logger: p.Daemon.Logger, MaxSockets: c.MaxSockets, Spread: spread,
			Public: c.PublicURL, Origins: c.Origins, Unlimited: c.Limits == "off",
		})
		if err != nil {
			return err
		}
		defer server.Close()
		addMetrics(p.Metrics, hub, server, acks)
		p.Presence.Start(server.EachUser)
		defer p.Presence.Close()

		// The garbage of ten thousand handshakes is half as large as the sockets, and the runtime
		// would keep it for minutes.
		var bursts burstDetector
		tasks.Every(countEvery, func(context.Context) {
			if bursts.over(2*server.Counts().Accepted.Load() - int64(server.Open())) {
				debug.FreeOSMemory()
			}
		})

		p.Daemon.Handler, p.Daemon.NewServer, p.Daemon.Drain = server, newServer, server.Drain
		return p.Daemon.Run(ctx)
	})
}

func newServer(h http.Handler, errors *log.Logger) daemon.Server {
	return &upgrade.Server{Handler: h, Errors: errors}
}

// source is the Follower. It is made after the hub that it delivers to.
type source struct{ *follow.Follower }

const (
	// reconnectRate is the number of reconnections per second that spread aims at. A
	// handshake takes about a tenth of a millisecond, and the clients that are already
	// back need time, too.
	reconnectRate = 2500
	minReconnect  = 50 * time.Millisecond
	maxReconnect  = 10 * time.Second
)

// spread returns the delay after which one of n clients should reconnect.
func spread(n int) time.Duration {
	window := time.Duration(n) * time.Second / reconnectRate
	return minReconnect + rand.N(min(max(window, minReconnect), maxReconnect))
}
