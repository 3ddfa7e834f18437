// Command httpd serves Chatter's pages: sign-in, the index, the rooms and their history.
// The live side of the rooms is wsd's.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"chatter/httpd/internal/moderation"
	"chatter/httpd/internal/web"
	"chatter/shared/limits"
	"chatter/shared/name"
	"chatter/shared/orders"
	"chatter/shared/parts"
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
	return c.Run(c.flags(), args, getenv, stderr, limits.ForPages, func(p *parts.Set) error {
		lines := newLineBuffer(stderr)
		defer lines.Close()
		moderators := moderation.NewModerators(p.Redis, c.Prefix, p.Keys.Derive("moderator"))
		reports := moderation.NewReports(p.Redis, p.Log, moderation.ReportOptions{
			Prefix: c.Prefix, Retention: c.Retention, Trusted: c.TrustedProxies, Expires: p.Retention.Expires,
		})
		reports.Start()
		defer reports.Close()
		var pages *web.Site
		obey := func(key string, _ []wire.Removal) {
			pages.Forget(key)
			p.Retention.Expires(p.Log.Now())
		}
		moderator := &moderation.Moderation{
			Log: p.Log, Hidden: p.Hidden, Mutes: p.Mutes, Moderators: moderators, Reports: reports, Public: c.PublicURL,
			Announce: func(ctx context.Context, room name.Room, removed []wire.Removal) error {
				obey(room.Key(), removed)
				return orders.AnnounceRemoved(ctx, p.Redis, c.Prefix, room, removed)
			},
		}
		var err error
		pages, err = web.New(web.Config{
			Redis:      p.Redis,
			Log:        p.Log,
			Presence:   p.Presence,
			Keys:       p.Keys,
			Sessions:   p.Sessions,
			Mutes:      p.Mutes,
			Phrase:     c.Phrase,
			Refused:    c.Refused,
			Public:     c.PublicURL,
			Capacity:   p.Capacity,
			Classes:    p.Classes,
			Orders:     moderator,
			Moderators: moderators,
			Reports:    reports,
			Limiter:    p.Limiter,
			Metrics:    p.Metrics,
			Logger:     p.Daemon.Logger,
			Access:     c.NewLogger(lines).With("service", "httpd"),
			Harakiri:   c.Harakiri,
			Retention:  c.Retention,
			Marks:      c.AuthorMarks,
			Interval:   c.PresenceEvery,
		})
		if err != nil {
			return err
		}
		p.Presence.Start(nil)
		defer p.Presence.Close()
		obeyed := p.Follow(orders.Removals{Obey: obey})
		defer obeyed.Close()
		d := p.Daemon
		d.Handler, d.Moderation = pages, moderator.Handler()
		d.States["reports"] = reports
		// The times are above harakiri, because a read that times out ends the request's
		// context, as if the guest had gone.
		d.ReadTimeout, d.WriteTimeout = c.Harakiri+transferTime, c.Harakiri+2*transferTime
		return d.Run(ctx)
	})
}

// transferTime is the time that a guest on a slow line gets beyond the time limit of the
// request itself, to send a form and to receive a page. A client that stops sending or
// receiving is cut off.
const transferTime = 20 * time.Second
