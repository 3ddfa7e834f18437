package daemon

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// idleShare is the part of DrainTimeout in which clients that keep their connection open
	// may send their next request, which is answered with "Connection: close". Then idle
	// connections are closed, and a client that sends at that moment finds its connection
	// reset. By default it is a quarter of a second.
	idleShare = 32
	// lateTime is how long Drain may take to return after its context has ended.
	lateTime = 500 * time.Millisecond
)

// process is a Service at work.
type process struct {
	*Service
	image     image
	sockets   []*socket // public first
	public    *server
	admin     *server // nil = none
	draining  atomic.Bool
	refused   atomic.Pointer[string]
	stops     chan os.Signal // SIGTERM and SIGINT
	stopsSeen int            // signals received from stops; owned by Run
	hangups   chan os.Signal // SIGHUP; one waits, further ones are merged into it
}

// Run opens the sockets, serves, and returns nil after a drain that SIGTERM, SIGINT or the
// end of ctx began. A drain that is cut off at its timeout is a line in the log, not an
// error. A second SIGTERM or SIGINT ends the process at once with status 1. SIGHUP
// reloads; after a drain Run returns from that only if the program file and the running
// image both cannot be run.
//
// A process calls Run once, from main, with a ctx that signals do not end.
func (s *Service) Run(ctx context.Context) error {
	if err := forbidCoreDumps(); err != nil {
		return err
	}
	p := &process{Service: s, stops: make(chan os.Signal, 2), hangups: make(chan os.Signal, 1)}
	signal.Notify(p.stops, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(p.stops)
	signal.Notify(p.hangups, syscall.SIGHUP)
	defer signal.Stop(p.hangups)

	defer p.closeSockets()
	if err := p.open(); err != nil {
		return err
	}
	p.public = p.newServer(p.sockets[0], p.wrap(p.Handler))
	if len(p.sockets) > 1 {
		p.admin = p.newServer(p.sockets[1], p.adminMux())
	}
	for _, socket := range p.sockets {
		p.Logger.Info("serving", "to", socket.role, "listen", socket.address(), "version", Version)
	}
	return p.serve(ctx)
}

// open takes over the sockets and the states of the image that ran before in this process,
// and opens the sockets that it did not hand over.
func (p *process) open() error {
	given, err := takeHandover()
	if err != nil {
		return err
	}
	defer given.close()
	if p.image.path = given.Path; p.image.path == "" {
		if p.image.path, err = ProgramFile(); err != nil {
			return err
		}
	}
	for _, want := range []struct{ role, spec string }{{"public", p.Listen}, {"admin", p.Admin}} {
		if want.role == "admin" && want.spec == "" {
			continue
		}
		socket, err := given.open(want.role, want.spec)
		if err != nil {
			return fmt.Errorf("listen for the %s: %w", want.role, err)
		}
		p.sockets = append(p.sockets, socket)
	}
	p.restoreStates(given.States)
	return nil
}

func (p *process) closeSockets() {
	for _, s := range p.sockets {
		s.ln.Close()
	}
}

// serve waits for the event that stops or reloads the process.
func (p *process) serve(ctx context.Context) error {
	checkCtx, cancel := context.WithCancel(context.Background())
	defer cancel()
	checked := make(chan error, 1)
	hangups := p.hangups // nil while a check runs: the next SIGHUP waits in p.hangups
	var adminEnded <-chan error
	if p.admin != nil {
		adminEnded = p.admin.ended
	}
	for {
		select {
		case <-ctx.Done():
			return p.stop("context ended")
		case sig := <-p.stops:
			p.stopsSeen++
			return p.stop(sig.String())
		case err := <-p.public.ended:
			return fmt.Errorf("serve the public: %w", err)
		case err := <-adminEnded:
			return fmt.Errorf("serve the admin: %w", err)
		case <-hangups:
			hangups = nil
			go func() { checked <- p.image.check(checkCtx) }()
		case err := <-checked:
			if err == nil {
				return p.reload()
			}
			p.refused.Store(new(fmt.Sprintf("%s: %v", time.Now().UTC().Format(time.RFC3339Nano), err)))
			p.Logger.Error("reload refused, serving on", "error", err)
			hangups = p.hangups
		}
	}
}

// stop refuses new connections, drains and closes everything.
func (p *process) stop(why string) error {
	p.Logger.Info("draining to stop", "why", why)
	p.sockets[0].ln.Close()
	p.drain()
	p.Logger.Info("stopped")
	return nil
}

// drain stops accepting and ends all connections, bounded by DrainTimeout. A second
// SIGTERM or SIGINT ends the process at once. A SIGHUP has no effect: the process is
// about to stop or to reload.
func (p *process) drain() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.endConnections()
	}()
	for {
		select {
		case <-done:
			return
		case <-p.stops:
			if p.stopsSeen++; p.stopsSeen > 1 {
				p.Logger.Warn("second signal, exiting at once")
				os.Exit(1)
			}
		}
	}
}

// endConnections lets requests finish and closes the others when DrainTimeout has passed.
// The admin listener answers until the end, so that the operator can watch.
func (p *process) endConnections() {
	ctx, cancel := context.WithTimeout(context.Background(), p.DrainTimeout)
	defer cancel()
	late := time.After(p.DrainTimeout + lateTime)
	p.draining.Store(true)
	p.public.stopAccepting()

	answered, drained := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(drained)
		if p.Service.Drain != nil {
			p.Service.Drain(ctx)
			<-answered
			p.Service.Drain(ctx) // for what came in with the last requests
		}
	}()
	idleCtx, cancelIdle := context.WithTimeout(ctx, p.DrainTimeout/idleShare)
	defer cancelIdle()
	p.public.awaitIdle(idleCtx)
	if err := p.public.http.Shutdown(ctx); err != nil {
		p.Logger.Warn("drain cut short", "connections", p.public.conns.Load())
		p.public.http.Close()
	}
	close(answered)
	select {
	case <-drained:
	case <-late:
		p.Logger.Warn("drain abandoned: the service did not return in time")
	}
	if p.admin != nil {
		p.admin.stopAccepting()
		p.admin.http.Close()
	}
}

// wrap is around the public handler. While the process drains, it asks clients to open a
// new connection for their next request. A panic is logged and closes its connection.
func (p *process) wrap(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			if value != http.ErrAbortHandler {
				LogPanic(p.Logger, value)
			}
			panic(http.ErrAbortHandler)
		}()
		h.ServeHTTP(w, r)
	})
}
