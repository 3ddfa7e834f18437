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
	image    image
	sockets  []*socket // public first
	public   *server
	admin    *server // nil = none
	draining atomic.Bool
	signals  chan os.Signal
	urgent   int // how many SIGTERM and SIGINT have come; owned by Run
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
	p := &process{Service: s, signals: make(chan os.Signal, 8)}
	signal.Notify(p.signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer signal.Stop(p.signals)

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
	var checked chan error // nil = no check is running
	again := false         // SIGHUP came during the check
	check := func() {
		checked = make(chan error, 1)
		go func(result chan<- error) { result <- p.image.check(checkCtx) }(checked)
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
		case sig := <-p.signals:
			switch {
			case sig != syscall.SIGHUP:
				p.urgent++
				return p.stop(sig.String())
			case checked != nil:
				again = true
			default:
				check()
			}
		case err := <-checked:
			checked = nil
			switch {
			case again:
				again = false
				check()
			case err != nil:
				p.Logger.Error("reload refused, serving on", "error", err)
			default:
				if served, err := p.reload(); !served {
					return err
				}
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

// reload drains and runs the image's file in place of this process. It reports
// served when nothing was given up and serving goes on. It returns otherwise
// only if SIGTERM came meanwhile (nil), or nothing at all can be run.
func (p *process) reload() (served bool, err error) {
	given := handover{Path: p.image.path}
	defer given.close()
	if err := given.keep(p.sockets); err != nil {
		p.Logger.Error("reload refused, serving on", "error", err)
		return true, nil
	}
	p.Logger.Info("draining to reload")
	p.drain()
	p.deafen()
	if p.urgent > 0 {
		for _, socket := range p.sockets {
			socket.unlink()
		}
		p.Logger.Info("stopped during the reload")
		return false, nil
	}
	err = p.image.exec(&given)
	// Only a file that changed after its check gets here. What was drained
	// cannot be undone, but the image in memory can begin anew.
	p.Logger.Error("reload failed, beginning anew with the old binary", "error", err)
	return false, errors.Join(err, image{path: runningImage}.exec(&given))
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
		case sig := <-p.signals:
			if sig == syscall.SIGHUP {
				continue // about to end or to reload anyway
			}
			if p.urgent++; p.urgent > 1 {
				p.Logger.Warn("second signal, exiting at once")
				os.Exit(1)
			}
		}
	}
}

// deafen stops listening to signals, because the next image starts without ears
// and must not inherit trouble: from here on SIGHUP is ignored, also across an
// exec, until that image listens to it; SIGTERM and SIGINT kill. Those that
// came before it are counted.
func (p *process) deafen() {
	signal.Ignore(syscall.SIGHUP)
	signal.Stop(p.signals)
	for {
		select {
		case sig := <-p.signals:
			if sig != syscall.SIGHUP {
				p.urgent++
			}
		default:
			return
		}
	}
}
