package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// process is a Service at work.
type process struct {
	*Service
	image     image
	sockets   []*socket // public first
	public    *server
	admin     *server // nil = none
	draining  atomic.Bool
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
	p.public = newServer(p.sockets[0], p.wrap(p.Handler), p.Logger, p.NewServer, p.Server)
	if len(p.sockets) > 1 {
		p.admin = newServer(p.sockets[1], p.adminMux(), p.Logger, nil, nil)
	}
	for _, socket := range p.sockets {
		p.Logger.Info("serving", "to", socket.role, "listen", socket.address(), "version", Version)
	}
	return p.serve(ctx)
}

// open takes over the sockets of the image that ran before in this process, and opens
// those that it did not hand over.
func (p *process) open() error {
	given, err := takeHandover()
	if err != nil {
		return err
	}
	defer given.close()
	if p.image.path, err = ownPath(given.Path); err != nil {
		return err
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
	p.restoreState(given.State)
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

// reload drains and runs the checked program file in place of this process. It returns
// nil if a signal to stop came during the drain, and an error if no image can be run.
func (p *process) reload() error {
	p.Logger.Info("draining to reload")
	p.drain()
	// From here on SIGTERM and SIGINT kill: the next image does not listen to them yet.
	signal.Stop(p.stops)
	if p.stopsSeen+len(p.stops) > 0 {
		p.Logger.Info("stopped during the reload")
		return nil
	}
	entry, err := handoverEntry(p.image.path, p.sockets, p.saveState())
	if err != nil {
		return err
	}
	err = p.image.run(entry)
	// The file changed during the drain. The drain cannot be undone, but the image in
	// memory can begin anew.
	p.Logger.Error("reload failed, beginning anew with the old binary", "error", err)
	return errors.Join(err, execute(runningImage, entry))
}
