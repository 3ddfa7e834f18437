package daemon

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// process is a Service at work.
type process struct {
	*Service
	image    image
	sockets  []*socket // public first
	public   *server
	admin    *server // nil = none
	draining atomic.Bool
	endings  chan os.Signal // SIGTERM and SIGINT
	hangups  chan os.Signal // SIGHUP; one is as good as many
	urgent   int            // endings seen; owned by Run
}

// Run opens the sockets, serves, and returns nil after a drain that SIGTERM,
// SIGINT or the end of ctx began. What the drain has not finished in time is
// cut off, with a line in the log; that is no error. A second SIGTERM or SIGINT
// ends the process at once with status 1. SIGHUP reloads; Run does not return
// from that, unless not even the running image can be run again.
//
// A process calls Run once, from main, with a ctx that signals do not end.
func (s *Service) Run(ctx context.Context) error {
	s, err := s.withDefaults()
	if err != nil {
		return err
	}
	p := &process{Service: s, endings: make(chan os.Signal, 2), hangups: make(chan os.Signal, 1)}
	signal.Notify(p.endings, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(p.endings)
	signal.Notify(p.hangups, syscall.SIGHUP)
	defer signal.Stop(p.hangups)

	if err := p.open(); err != nil {
		return err
	}
	p.public = newServer(p.sockets[0], p.wrap(p.Handler), p.Logger, p.Server)
	if len(p.sockets) > 1 {
		p.admin = newServer(p.sockets[1], p.adminMux(), p.Logger, nil)
	}
	for _, socket := range p.sockets {
		p.Logger.Info("serving", "to", socket.role, "listen", socket.shown())
	}
	return p.serve(ctx)
}

// open takes over the sockets of the image that ran before in this process, and
// opens those that it did not hand over.
func (p *process) open() error {
	given, err := takeHandover()
	if err != nil {
		return err
	}
	defer given.close()
	if p.image, err = ownImage(given.Path, p.Check); err != nil {
		return err
	}
	for _, want := range []struct{ role, spec string }{{"public", p.Listen}, {"admin", p.Admin}} {
		if want.role == "admin" && want.spec == "" {
			continue
		}
		socket, err := given.open(want.role, want.spec)
		if err != nil {
			for _, s := range p.sockets {
				s.ln.Close()
			}
			return fmt.Errorf("listen for the %s: %w", want.role, err)
		}
		p.sockets = append(p.sockets, socket)
	}
	return nil
}

// serve waits for what ends or reloads the process.
func (p *process) serve(ctx context.Context) error {
	checkCtx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var checked chan verdict // nil = no check is running
	again := false           // SIGHUP came during the check
	check := func() {
		checked, again = make(chan verdict, 1), false
		go func(result chan<- verdict) { result <- p.image.check(checkCtx) }(checked)
	}
	var adminFailed <-chan error
	if p.admin != nil {
		adminFailed = p.admin.failed
	}
	for {
		select {
		case <-ctx.Done():
			return p.stop("context ended")
		case err := <-p.public.failed:
			return fmt.Errorf("serve the public: %w", err)
		case err := <-adminFailed:
			return fmt.Errorf("serve the admin: %w", err)
		case sig := <-p.endings:
			p.urgent++
			return p.stop(sig.String())
		case <-p.hangups:
			if checked != nil {
				again = true
			} else {
				check()
			}
		case v := <-checked:
			checked = nil
			switch {
			case v.err == nil && v.stands(p.image.path):
				if served, err := p.reload(v); !served {
					return err
				}
			case v.err == nil || again: // there is something newer to check
				check()
			default:
				p.Logger.Error("reload refused, serving on", "error", v.err)
			}
		}
	}
}

// stop drains and closes everything.
func (p *process) stop(why string) error {
	p.Logger.Info("draining to stop", "why", why)
	p.drain()
	p.Logger.Info("stopped")
	return nil
}

// drain ends what is running, bounded by DrainTimeout, and meanwhile listens to
// the impatient.
func (p *process) drain() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.drainServers()
	}()
	for {
		select {
		case <-done:
			return
		case <-p.endings: // a SIGHUP is left alone: about to end or to reload anyway
			if p.urgent++; p.urgent > 1 {
				p.Logger.Warn("second signal, exiting at once")
				os.Exit(1)
			}
		}
	}
}
