// Package daemon is what makes a handler a service: it opens the listening
// sockets, serves, drains on SIGTERM, reloads in place on SIGHUP, answers its
// operator on a private listener and writes its log. It must not know what the
// service does.
//
// A reload keeps the process id and the listening sockets. The process first
// lets the file it was started from check the configuration, so that a broken
// file costs nothing. Then it stops accepting, drains, and runs that file in
// its own place. Connections that arrive meanwhile wait in the socket's
// backlog, or are taken by a twin on the same socket; none is refused.
//
// It runs on Unix alone.
package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// DefaultDrainTimeout is shorter than the ten seconds that supervisor waits
// before it kills.
const DefaultDrainTimeout = 8 * time.Second

// Service is one process: a public handler, and beside it an operator's.
type Service struct {
	Name   string       // in every line of the log
	Logger *slog.Logger // nil = slog.Default()

	Listen string // where the public comes in, as Listen takes it
	Admin  string // where the operator comes in; "" = nowhere

	// Handler serves the public. Requests that are running when a drain begins
	// have until DrainTimeout; their contexts are not cancelled before.
	Handler http.Handler

	// Ready says whether the service can do its work: nil, or the reason why
	// not, which /readyz shows with status 503. It gets two seconds. May be nil.
	Ready func(context.Context) error
	// Notes are lines that /readyz adds when the service is ready: what works
	// but should not stay as it is. May be nil.
	Notes func() []string

	// Metrics answers /metrics; nil = 404.
	Metrics http.Handler

	// Drain ends what http.Server.Shutdown does not know of, such as hijacked
	// connections. It is called when no connection is accepted any more, beside
	// Shutdown, while the last requests are still answered, and once more after
	// them, for what they have left. Its context ends after DrainTimeout. May be
	// nil.
	Drain        func(context.Context)
	DrainTimeout time.Duration // 0 = DefaultDrainTimeout

	// Server may set what the public http.Server needs beyond its defaults:
	// timeouts, ConnContext and so on. It must not set Handler. May be nil.
	Server func(*http.Server)

	// Check are the arguments that make the binary check its configuration and
	// exit with status 0 if it is good; nil = "--check".
	Check []string
}

// withDefaults returns a copy in which everything that is needed is set.
func (s *Service) withDefaults() (*Service, error) {
	c := *s
	if c.Handler == nil {
		return nil, errors.New("daemon: no handler")
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Name != "" {
		c.Logger = c.Logger.With("service", c.Name)
	}
	if c.DrainTimeout <= 0 {
		c.DrainTimeout = DefaultDrainTimeout
	}
	if c.Check == nil {
		c.Check = []string{"--check"}
	}
	return &c, nil
}
