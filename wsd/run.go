package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"chatter/shared/daemon"
	"chatter/shared/name"
	"chatter/shared/recent"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/session"
	"chatter/shared/wire"
	"chatter/wsd/internal/live"
	"chatter/wsd/internal/socket"
)

// run wires the parts and serves until a signal ends it.
func run(ctx context.Context, args []string, getenv func(string) string, stderr io.Writer) error {
	cfg, err := parseConfig(args, getenv, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	logger, err := daemon.NewLogger(stderr, cfg.LogFormat)
	if err != nil {
		return err
	}
	keys, err := session.LoadKeys(cfg.SecretFile)
	if err != nil {
		return err
	}
	if cfg.Check {
		return nil
	}

	client, err := redisconn.Open(cfg.Redis)
	if err != nil {
		return err
	}
	defer client.Close()
	look := client.Inspect(logger)
	defer look.Close()
	log := roomlog.New(client, roomlog.Options{Prefix: cfg.Prefix})
	defer log.Close()

	src := new(source)
	hub := live.NewHub(live.Options{
		Source: src, History: log,
		PingInterval: cfg.PingInterval, PingTimeout: cfg.PingTimeout,
		Spread: spread,
	})
	defer hub.Close()
	src.Follower = log.Follow(hub)
	defer src.Close()

	index := newIndex(hub, recent.New(client, cfg.Prefix), logger)
	defer index.close()
	server := socket.NewServer(socket.Options{
		Hub: hub, Index: index.feed, Log: appends{log},
		Sessions: keys, Limiter: session.NewLimiter(cfg.SayRate, cfg.SayBurst),
		Logger: logger, MaxSockets: cfg.MaxSockets, Spread: spread,
		Origins: splitList(cfg.Origins),
	})

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go trim(ctx, func() int64 { return 2*server.Counts().Accepted.Load() - int64(server.Open()) })

	service := daemon.Service{
		Name: "wsd", Logger: logger,
		Listen: cfg.Listen, Admin: cfg.Admin,
		Handler: server, Ready: client.Ready, Notes: look.Findings, Metrics: metrics(hub, server),
		Drain: server.Drain, DrainTimeout: cfg.DrainTimeout,
	}
	return service.Run(ctx)
}

// source is the Follower, made after the hub that it feeds.
type source struct{ *roomlog.Follower }

// appends is a Log as package socket wants it.
type appends struct{ log *roomlog.Log }

// Append implements socket.Log.
func (a appends) Append(room name.Room, nonce wire.Nonce, text wire.Text, done func(wire.ID, error)) {
	a.log.AppendAsync(room, nonce, text, func(s roomlog.Stored, err error) { done(s.ID, err) })
}

const (
	// How many reconnections a second wsd wants to see: a handshake costs
	// about a tenth of a millisecond, and those who are back already chat.
	reconnectRate = 2500
	minReconnect  = 50 * time.Millisecond
	maxReconnect  = 10 * time.Second
)

// spread picks when one of n clients should come back.
func spread(n int) time.Duration {
	window := time.Duration(n) * time.Second / reconnectRate
	return minReconnect + rand.N(min(max(window, minReconnect), maxReconnect))
}

func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}
