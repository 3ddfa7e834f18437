// Command httpd serves Chatter's pages: sign-in, the index, the rooms and their
// history. The live side of the rooms is wsd's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"time"

	"chatter/httpd/internal/web"
	"chatter/shared/daemon"
	"chatter/shared/recent"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/session"
)

func main() {
	useOneCore()
	err := run(context.Background(), os.Args[1:], os.Getenv, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "httpd:", err)
		os.Exit(1)
	}
}

// useOneCore leaves the cores to other processes of httpd, unless the variable GOMAXPROCS
// says how many to use. A page is some 50 µs of work. On several cores the scheduler wakes
// a thread for each, which finds nothing to do: that costs half as much again.
func useOneCore() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
}

// run wires the service and serves until it is told to stop.
func run(ctx context.Context, args []string, getenv func(string) string, stderr io.Writer) error {
	c, err := parseConfig(args, getenv, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	keys, err := session.LoadKeys(c.SecretFile)
	if err != nil {
		return err
	}
	if c.Check {
		return nil
	}
	logger, err := daemon.NewLogger(stderr, c.LogFormat)
	if err != nil {
		return err
	}
	lines := daemon.NewLines(stderr)
	defer lines.Close()
	access, err := daemon.NewLogger(lines, c.LogFormat)
	if err != nil {
		return err
	}
	redis, err := redisconn.Open(c.Redis)
	if err != nil {
		return err
	}
	defer redis.Close()
	look := redis.Inspect(logger)
	defer look.Close()
	log := roomlog.New(redis, roomlog.Options{Prefix: c.Prefix})
	defer log.Close()

	site, err := web.New(web.Config{
		Redis:    redis,
		Log:      log,
		Recents:  recent.New(redis, c.Prefix),
		Keys:     keys,
		Limiter:  session.NewLimiter(c.SayRate, c.SayBurst),
		Logger:   logger.With("service", "httpd"),
		Access:   access.With("service", "httpd"),
		Harakiri: c.Harakiri,
	})
	if err != nil {
		return err
	}
	service := daemon.Service{
		Name:         "httpd",
		Logger:       logger,
		Listen:       c.Listen,
		Admin:        c.Admin,
		Handler:      site,
		Ready:        redis.Ready,
		Notes:        look.Findings,
		Metrics:      site.Metrics(),
		DrainTimeout: c.DrainTimeout,
		Server:       func(s *http.Server) { limitTransfers(s, c.Harakiri) },
	}
	return service.Run(ctx)
}

// transferTime is what a guest on a slow line gets beyond the time limit of the
// request itself, to send a form and to take a page.
const transferTime = 20 * time.Second

// limitTransfers bounds what the harakiri time cannot: a client that stops
// sending or taking. The bounds are above it, because a read that times out
// ends the request's context, which would look as if the guest had gone.
func limitTransfers(s *http.Server, harakiri time.Duration) {
	s.ReadTimeout = harakiri + transferTime
	s.WriteTimeout = harakiri + 2*transferTime
}
