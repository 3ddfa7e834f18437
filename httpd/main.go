// Command httpd serves Chatter's pages: sign-in, the index, the rooms and their history.
// The live side of the rooms is wsd's.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"chatter/httpd/internal/moderation"
	"chatter/httpd/internal/web"
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
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Getenv, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "httpd:", err)
		os.Exit(1)
	}
}

// run wires the service and serves until the process is told to stop.
func run(ctx context.Context, args []string, getenv func(string) string, stderr io.Writer) error {
	c := new(config)
	return c.Run(c.flags(), args, getenv, stderr, func(service *daemon.Service, redis *redisconn.Client, keys *session.Keys) error {
		log := roomlog.New(redis, roomlog.Options{Prefix: c.Prefix, Retention: c.Retention, Appended: service.Retention.Appended, Capacity: service.Capacity})
		defer log.Close()
		sessions := orders.NewSessions(redis, c.Prefix, keys)
		hidden := orders.NewHidden(redis, c.Prefix, keys)
		sessions.Refuse(c.Refused.User)
		muted := mutes.New(redis, mutes.Options{
			Prefix: c.Prefix, Every: c.PresenceEvery, Marks: c.AuthorMarks, Now: log.Now, Expires: service.Retention.Expires,
		})
		muted.Start()
		defer muted.Close()
		lines := newLineBuffer(stderr)
		defer lines.Close()
		presence := recent.New(redis, recent.Options{
			Prefix: c.Prefix, Every: c.PresenceEvery, Keep: c.Retention, Key: keys.Derive("presence"), Expires: service.Retention.Expires,
			Hides: func(list, key string) bool { return c.Refused.Key(key) || hidden.Hides(list, key) },
		})
		presence.Start(nil)
		defer presence.Close()
		classes := limits.NewClasses(c.TrustedProxies)
		limiter := limits.New(limits.Options{
			Figures: limits.ForPages(c.SayRate, c.SayBurst), Off: c.Limits == "off",
			Classes: classes, Key: keys.Derive("limits"),
		})
		limiter.Start(redis, c.Prefix, service.Logger)
		defer limiter.Close()
		moderators := moderation.NewModerators(redis, c.Prefix, keys.Derive("moderator"))
		reports := moderation.NewReports(redis, log, moderation.ReportOptions{
			Prefix: c.Prefix, Retention: c.Retention, Trusted: c.TrustedProxies, Expires: service.Retention.Expires,
		})
		reports.Start()
		defer reports.Close()
		var site *web.Site
		obey := func(key string, _ []wire.Removal) {
			site.Forget(key)
			service.Retention.Expires(log.Now())
		}
		moderator := &moderation.Moderation{
			Log: log, Hidden: hidden, Mutes: muted, Moderators: moderators, Reports: reports, Public: c.PublicURL,
			Announce: func(ctx context.Context, room name.Room, removed []wire.Removal) error {
				obey(room.Key(), removed)
				return orders.AnnounceRemoved(ctx, redis, c.Prefix, room, removed)
			},
		}
		var err error
		site, err = web.New(web.Config{
			Redis:      redis,
			Log:        log,
			Presence:   presence,
			Keys:       keys,
			Sessions:   sessions,
			Mutes:      muted,
			Phrase:     c.Phrase,
			Refused:    c.Refused,
			Public:     c.PublicURL,
			Capacity:   service.Capacity,
			Classes:    classes,
			Orders:     moderator,
			Moderators: moderators,
			Reports:    reports,
			Limiter:    limiter,
			Logger:     service.Logger,
			Access:     c.NewLogger(lines).With("service", "httpd"),
			Harakiri:   c.Harakiri,
			Retention:  c.Retention,
			Marks:      c.AuthorMarks,
			Interval:   c.PresenceEvery,
		})
		if err != nil {
			return err
		}
		follower := orders.Follow(redis, c.Prefix, service.Logger, map[string]orders.Handler{
			orders.Ended: sessions, orders.Removed: orders.Removals{Obey: obey}, orders.Hide: hidden, mutes.Kind: muted,
		})
		defer follower.Close()
		gauges := append(service.Gauges(), retention.Gauge{Name: "chatter_index_left_out", Help: "How often a name was not listed because its address class had its share of the index.", Value: presence.LeftOut})
		service.Handler, service.Metrics, service.Ready = site, site.Metrics(follower.Counts(), gauges...), follower.Ready
		service.Moderation = moderator.Handler()
		service.States = map[string]daemon.State{"presence": presence, "mutes": muted, "reports": reports}
		service.Server = func(s *http.Server) { limitTransfers(s, c.Harakiri) }
		return service.Run(ctx)
	})
}

// transferTime is the time that a guest on a slow line gets beyond the time limit of the
// request itself, to send a form and to receive a page.
const transferTime = 20 * time.Second

// limitTransfers bounds a client that stops sending or receiving. The bounds are above
// harakiri, because a read that times out ends the request's context, as if the guest had
// gone.
func limitTransfers(s *http.Server, harakiri time.Duration) {
	s.ReadTimeout = harakiri + transferTime
	s.WriteTimeout = harakiri + 2*transferTime
}
