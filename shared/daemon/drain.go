package daemon

import (
	"context"
	"os"
	"time"
)

// idleShare is the part of DrainTimeout in which clients that keep their connection open may
// send their next request, which is answered with "Connection: close". Then idle connections
// are closed, and a client that sends at that moment finds its connection reset. By default
// it is a quarter of a second.
const idleShare = 32

// lateTime is how long Drain may take to return after its context has ended.
const lateTime = 500 * time.Millisecond

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
		if p.Drain != nil {
			p.Drain(ctx)
			<-answered
			p.Drain(ctx)
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
