// Package parts makes the parts that httpd and wsd have in common: the configuration, the client
// of Redis and all that works on it, the limits, the metrics and the restrictions of the process.
// Both services are started the same way:
//
//	Config.Run ─► Parse the flags ─► load the files ─► restrict the process ─► make the Set of parts
//	                    │                   │                                         │
//	              -h: the usage       --check: the end              the service adds its handler,
//	                                                                 follows orders and runs
//
// It must not know pages or sockets.
package parts

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"chatter/shared/capacity"
	"chatter/shared/daemon"
	"chatter/shared/limits"
	"chatter/shared/mutes"
	"chatter/shared/orders"
	"chatter/shared/recent"
	"chatter/shared/redisconn"
	"chatter/shared/refuse"
	"chatter/shared/retention"
	"chatter/shared/roomlog"
	"chatter/shared/session"
)

// Set are the common parts of a service. The service sets the handler of Daemon, starts
// Presence, follows orders and runs Daemon.
type Set struct {
	Daemon    *daemon.Service
	Redis     *redisconn.Client
	Keys      *session.Keys
	Log       *roomlog.Log
	Sessions  *orders.Sessions
	Hidden    *orders.Hidden
	Mutes     *mutes.Mutes
	Presence  *recent.Presence // not started
	Classes   *limits.Classes
	Limiter   *limits.Limiter
	Capacity  *capacity.Watch // nil for the embedded Redis
	Retention *retention.Job
	Metrics   Metrics

	config *Config
}

// Run parses the arguments, reads the files that they name, makes the parts and calls serve
// with them. They are closed when serve has returned. With -h it prints the usage, with
// --check it returns after the files; both without an error. figures are the limits of the
// service.
func (c *Config) Run(fs *flag.FlagSet, args []string, getenv func(string) string, stderr io.Writer, figures func(sayRate float64, sayBurst int) limits.Figures, serve func(*Set) error) error {
	err := c.Parse(fs, args, getenv)
	if errors.Is(err, flag.ErrHelp) {
		daemon.WriteUsage(stderr, fs)
		return nil
	}
	if err != nil {
		return err
	}
	if c.Check {
		err = c.checkRestrictions()
	} else {
		err = c.forbidRoot()
	}
	if err != nil {
		return err
	}
	keys, err := c.loadFiles()
	if err != nil || c.Check {
		return err
	}
	logger := c.NewLogger(stderr).With("service", fs.Name())
	landlock, err := c.Restrict(logger)
	if err != nil {
		return err
	}
	client, err := redisconn.OpenFor(c.Redis, min(c.Retention, redisconn.MaxLifetime))
	if err != nil {
		return err
	}
	defer client.Close()
	client.AckReplicas(c.AckReplicas)
	job := retention.Start(client, retention.Options{
		Prefix: c.Prefix, Retention: c.Retention, Nonces: roomlog.NonceWindow,
		Embedded: c.Embedded, Logger: logger,
	})
	defer job.Close()
	warnings := job.Findings
	var watch *capacity.Watch
	if !c.Embedded {
		watch = capacity.Start(client, logger)
		defer watch.Close()
		check := client.StartCheck(c.Prefix, logger)
		defer check.Close()
		warnings = func() []string {
			ctx, cancel := context.WithTimeout(context.Background(), daemon.ReadyTimeout)
			defer cancel()
			return slices.Concat(client.MissingReplicas(ctx), check.Warnings(), watch.Findings(), job.Findings())
		}
	}
	log := roomlog.New(client, roomlog.Options{Prefix: c.Prefix, Retention: c.Retention, Appended: job.Appended, Capacity: watch})
	defer log.Close()
	muted := mutes.New(client, mutes.Options{
		Prefix: c.Prefix, Every: c.PresenceEvery, Marks: c.AuthorMarks, Now: log.Now, Expires: job.Expires,
	})
	muted.Start()
	defer muted.Close()
	sessions := orders.NewSessions(client, c.Prefix, keys)
	sessions.Refuse(c.Refused.User)
	hidden := orders.NewHidden(client, c.Prefix, keys)
	presence := recent.New(client, recent.Options{
		Prefix: c.Prefix, Every: c.PresenceEvery, Keep: c.Retention, Key: keys.Derive("presence"), Expires: job.Expires,
		Hides: func(list, key string) bool { return c.Refused.Key(key) || hidden.Hides(list, key) },
	})
	classes := limits.NewClasses(c.TrustedProxies)
	limiter := limits.New(limits.Options{
		Figures: figures(c.SayRate, c.SayBurst), Off: c.Limits == "off", Classes: classes, Key: keys.Derive("limits"),
	})
	limiter.Start(client, c.Prefix, logger)
	defer limiter.Close()
	p := &Set{
		Daemon: &daemon.Service{
			Logger: logger, Listen: c.Listen, Admin: c.Admin, DrainTimeout: c.DrainTimeout,
			Warnings: warnings, Settings: Values(fs),
			States: map[string]daemon.State{"presence": presence, "mutes": muted},
		},
		Redis: client, Keys: keys, Log: log, Sessions: sessions, Hidden: hidden, Mutes: muted,
		Presence: presence, Classes: classes, Limiter: limiter, Capacity: watch, Retention: job,
		config: c,
	}
	p.Metrics = newMetrics(p, landlock)
	p.Daemon.Metrics = p.Metrics.handler()
	return serve(p)
}

// loadFiles reads the files that the settings name.
func (c *Config) loadFiles() (keys *session.Keys, err error) {
	if keys, err = session.LoadKeys(c.SecretFile); err != nil {
		return nil, err
	}
	if c.PhraseFile != "" {
		if c.Phrase, err = session.LoadPhrase(c.PhraseFile); err != nil {
			return nil, fmt.Errorf("--phrase-file (or CHATTER_PHRASE_FILE): %w", err)
		}
	}
	if c.RefuseFile != "" {
		if c.Refused, err = refuse.Load(c.RefuseFile); err != nil {
			return nil, fmt.Errorf("--refuse (or CHATTER_REFUSE): %w", err)
		}
	}
	return keys.With(c.Phrase), nil
}

// Follow makes the service obey orders, with removals for removed messages. It returns when
// the orders in force are known, or Redis has not answered for two seconds. The service is
// ready from then on. The caller closes the follower.
func (p *Set) Follow(removals orders.Removals) *orders.Follower {
	f := orders.Follow(p.Redis, p.config.Prefix, p.Daemon.Logger, map[string]orders.Handler{
		orders.Ended: p.Sessions, orders.Hide: p.Hidden, mutes.Kind: p.Mutes, orders.Removed: removals,
	})
	p.Daemon.Ready = f.Ready
	p.Metrics.addOrders(f.Counts())
	return f
}

// NewLogger returns a logger that writes lines of the configured format to w.
func (c *Config) NewLogger(w io.Writer) *slog.Logger {
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// Values returns the values of all flags of fs by their names, without the password of Redis.
func Values(fs *flag.FlagSet) map[string]string {
	values := make(map[string]string)
	fs.VisitAll(func(f *flag.Flag) { values[f.Name] = f.Value.String() })
	values["redis"] = redisconn.WithoutPassword(values["redis"])
	return values
}
