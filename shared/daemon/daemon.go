// Package daemon makes a handler a service. It reads the configuration, opens the
// listening sockets, serves, drains on SIGTERM, reloads in place on SIGHUP, answers the
// operator on a private listener and writes the log. It must not know the service's work.
//
// A reload keeps the process id and the listening sockets:
//
//	SIGHUP ─► check ─► drain ─► exec of the program file, in the same process
//	            │
//	            └─► the check fails: the log says why, and the process serves on
//
// The check runs the program file with --check, so that a broken file ends no connection.
// Connections that arrive during the drain wait in the socket's backlog, or another
// process that serves the same socket accepts them. No connection is refused.
//
// The package runs on Unix only.
package daemon

import (
	"context"
	"log"
	"log/slog"
	"net/http"
	"time"

	"chatter/shared/capacity"
	"chatter/shared/retention"
)

// Service is one process: a public handler, and beside it an admin listener.
type Service struct {
	Logger *slog.Logger

	Listen string // of the public handler, as [Listen] takes it
	Admin  string // of the admin listener; "" = none

	// Handler serves the public. A request that runs when a drain begins has until
	// DrainTimeout; its context is not cancelled before.
	Handler http.Handler

	// Ready returns nil if the service can do its work, or the reason that /readyz shows
	// with status 503. It gets two seconds. May be nil.
	Ready func(context.Context) error
	// Warnings are lines that /readyz adds when the service is ready but its operator
	// should change something. May be nil.
	Warnings func() []string

	// Settings are the values of all flags by their names, as [Values] returns them.
	Settings map[string]string

	// Retention removes expired messages while the service runs. [Config.Run] sets it.
	Retention *retention.Job

	// Capacity knows how full Redis is. [Config.Run] sets it; nil for the embedded Redis.
	Capacity *capacity.Watch

	// Landlock is the version that restricts the process, 0 for none. [Config.Run] sets it.
	Landlock int

	// Metrics answers /metrics; nil = 404.
	Metrics http.Handler
	// Moderation answers everything below /moderation/ on the admin listener; nil = 404.
	Moderation http.Handler

	// Drain ends connections that http.Server.Shutdown does not know, such as hijacked
	// ones. It is called twice after the last connection was accepted: while Shutdown
	// waits for the last requests, and again after them, for the connections that they
	// hijacked. Its context ends after DrainTimeout. May be nil.
	Drain        func(context.Context)
	DrainTimeout time.Duration

	// States are what the next image of this process gets after a reload, by name. They are
	// only in memory: they may hold names.
	States map[string]State

	// NewServer returns the public server, which logs errors to a logger; nil for an http.Server.
	NewServer func(http.Handler, *log.Logger) Server
	// Server changes the public http.Server: timeouts, ConnContext and so on. It must
	// not set Handler. May be nil.
	Server func(*http.Server)
}
