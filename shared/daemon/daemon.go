// Package daemon makes a handler a service. It opens the listening sockets, serves, drains on
// SIGTERM, reloads in place on SIGHUP, answers the operator on a private listener and writes
// the log. It must not know the service's work.
//
// A reload keeps the process id and the listening sockets:
//
//	               SIGHUP
//	                 │
//	run.go         serve
//	                 │
//	reload.go      image.check   the program file runs with --check ──► it fails: the log says
//	                 │                                                  why, and serve goes on
//	               reload
//	                 │
//	run.go         drain         no new connections, the others end
//	                 │
//	handover.go    handOver      sockets and states stay open for the next image
//	                 │
//	reload.go      image.run     exec of the program file
//	═════════════════│══════════ the next image, in the same process ═══════════
//	run.go         Run ─► open
//	                 │
//	handover.go    takeHandover  the sockets and the states of the image before
//	                 │
//	run.go         serve
//
// A broken program file ends no connection. Connections that arrive during the drain wait in
// the socket's backlog, or another process that serves the same socket accepts them. No
// connection is refused.
//
// The package runs on Unix only.
package daemon

import (
	"context"
	"log"
	"log/slog"
	"net/http"
	"time"
)

// Service is one process: a public handler, and beside it an admin listener.
type Service struct {
	Logger *slog.Logger

	Listen string // of the public handler, as [Listen] takes it
	Admin  string // of the admin listener; "" = none

	// Handler serves the public. A request that runs when a drain begins has until
	// DrainTimeout; its context is not cancelled before.
	Handler http.Handler
	// ReadTimeout and WriteTimeout are those of the public http.Server; 0 = none.
	ReadTimeout, WriteTimeout time.Duration
	// NewServer returns the public server, which logs errors to a logger; nil for an http.Server.
	NewServer func(http.Handler, *log.Logger) Server

	// Drain ends connections that http.Server.Shutdown does not know, such as hijacked
	// ones. It is called twice after the last connection was accepted: while Shutdown
	// waits for the last requests, and again after them, for the connections that they
	// hijacked. Its context ends after DrainTimeout. May be nil.
	Drain        func(context.Context)
	DrainTimeout time.Duration

	// States are what the next image of this process gets after a reload, by name. They are
	// only in memory: they may hold names.
	States map[string]State

	// Ready returns nil if the service can do its work, or the reason that /readyz shows
	// with status 503. It gets ReadyTimeout. May be nil.
	Ready func(context.Context) error
	// Warnings are lines that /readyz adds when the service is ready but its operator
	// should change something. May be nil.
	Warnings func() []string
	// Settings are the values of all flags by their names, for /settings.
	Settings map[string]string
	// Metrics answers /metrics; nil = 404.
	Metrics http.Handler
	// Moderation answers everything below /moderation/ on the admin listener; nil = 404.
	Moderation http.Handler
}

// State is a part of a service that goes on in the next image of its process. Save is called
// after the drain, and Restore before the next image serves. An error is logged, and the
// reload goes on.
type State interface {
	Save() ([]byte, error)
	Restore([]byte) error
}
