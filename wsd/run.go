package main

import (
	"context"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"time"

	"chatter/shared/daemon"
	"chatter/shared/limits"
	"chatter/shared/mutes"
	"chatter/shared/name"
	"chatter/shared/orders"
	"chatter/shared/recent"
	"chatter/shared/redisconn"
	"chatter/shared/retention"
	"chatter/shared/roomlog"
	"chatter/shared/session"
	"chatter/shared/wire"
	"chatter/wsd/internal/follow"
	"chatter/wsd/internal/live"
	"chatter/wsd/internal/socket"
	"chatter/wsd/internal/upgrade"
)

// run wires the service and serves until the process is told to stop.
func run(ctx context.Context, args []string, getenv func(string) string, stderr io.Writer) error {
	c := new(config)
	return c.Run(c.flags(), args, getenv, stderr, func(service *daemon.Service, redis *redisconn.Client, keys *session.Keys) error {
		log := roomlog.New(redis, roomlog.Options{Prefix: c.Prefix, Retention: c.Retention, Appended: service.Retention.Appended, Capacity: service.Capacity})
		defer log.Close()

		src, sessions := new(source), orders.NewSessions(redis, c.Prefix, keys)
		hub := live.NewHub(live.Options{
			Source: src, History: log, Sessions: sessions,
			Retention: c.Retention, Now: log.Now,
			PingInterval: c.PingInterval, PingTimeout: c.PingTimeout,
			Spread: spread,
		})
		defer hub.Close()
		src.Follower = follow.New(redis, log, hub, follow.Options{})
		defer src.Close()
		hidden := orders.NewHidden(redis, c.Prefix, keys)
		sessions.Refuse(c.Refused.User)
		sessions.OnEnd(hub.CheckSessions)
		muted := mutes.New(redis, mutes.Options{
			Prefix: c.Prefix, Every: c.PresenceEvery, Marks: c.AuthorMarks, Now: log.Now, Expires: service.Retention.Expires,
		})
		muted.Start()
		defer muted.Close()
		follower := orders.Follow(redis, c.Prefix, service.Logger, map[string]orders.Handler{
			orders.Ended: sessions, orders.Hide: hidden, mutes.Kind: muted,
			orders.Removed: orders.Removals{
				Obey: func(key string, removed []wire.Removal) {
					hub.Removed(key, removed)
					service.Retention.Expires(log.Now())
				},
				Reconcile: func(ctx context.Context) error {
					return log.RemovedIn(ctx, hub.RoomNames(), func(room name.Room, removed []wire.Removal) { hub.Removed(room.Key(), removed) })
				},
			},
		})
		defer follower.Close()

		classes := limits.NewClasses(c.TrustedProxies)
		presence := recent.New(redis, recent.Options{
			Prefix: c.Prefix, Every: c.PresenceEvery, Keep: c.Retention, Key: keys.Derive("presence"), Expires: service.Retention.Expires,
			Hides: func(list, key string) bool { return c.Refused.Key(key) || hidden.Hides(list, key) },
		})
		limiter := limits.New(limits.Options{
			Figures: limits.ForSockets(c.SayRate, c.SayBurst), Off: c.Limits == "off",
			Classes: classes, Key: keys.Derive("limits"),
		})
		limiter.Start(redis, c.Prefix, service.Logger)
		defer limiter.Close()

		acks := newAckTimes()
		index := newIndex(hub, presence, service.Logger)
		defer index.close()
		server, err := socket.NewServer(socket.Options{
			Hub: hub, Index: index.feed, Log: appends{log}, Classes: classes, Visit: presence.Visit, Used: presence.Used,
			Sessions: sessions, Refused: c.Refused, Mutes: muted, Limiter: limiter,
			Acked:  func(took time.Duration) { acks.Observe(took.Seconds()) },
			Logger: service.Logger, MaxSockets: c.MaxSockets, Spread: spread,
			Public: c.PublicURL, Origins: c.Origins, Unlimited: c.Limits == "off",
		})
		if err != nil {
			return err
		}
		defer server.Close()
		presence.Start(server.EachUser)
		defer presence.Close()

		ctx, stop := context.WithCancel(ctx)
		defer stop()
		go freeMemory(ctx, func() int64 { return 2*server.Counts().Accepted.Load() - int64(server.Open()) })

		gauges := append(service.Gauges(), retention.Gauge{Name: "chatter_index_left_out", Help: "How often a name was not listed because its address class had its share of the index.", Value: presence.LeftOut})
		service.Handler, service.Metrics, service.Drain = server, metrics(hub, server, service.Capacity, limiter, muted, acks, follower.Counts(), gauges), server.Drain
		service.NewServer = newServer
		service.Ready = follower.Ready
		service.States = map[string]daemon.State{"presence": presence, "mutes": muted}
		return service.Run(ctx)
	})
}

func newServer(h http.Handler, errors *log.Logger) daemon.Server {
	return &upgrade.Server{Handler: h, Errors: errors}
}

// source is the Follower. It is made after the hub that it delivers to.
type source struct{ *follow.Follower }

// appends makes a Log a socket.Log.
type appends struct{ log *roomlog.Log }

// Append implements socket.Log.
func (a appends) Append(room name.Room, nonce wire.Nonce, text wire.Text, done func(wire.ID, error), flush func()) {
	a.log.AppendAndFlush(room, nonce, text, func(s roomlog.Stored, err error) {
		done(s.ID, err)
	}, flush)
}

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
