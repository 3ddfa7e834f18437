package daemon

import (
	"context"
	"time"
)

// settleTime is how long connections that are kept alive are given to send
// their next request, which is answered with "Connection: close", before the
// idle ones are closed. Without it a client that sends just now would find the
// connection reset. Busy clients need far less; idle ones cost the drain this.
const settleTime = 250 * time.Millisecond

// lateTime is what Drain is given to return once its context has ended.
const lateTime = 500 * time.Millisecond

// drainServers stops accepting, lets requests finish, and closes what is left
// when DrainTimeout has passed. The admin listener answers until the end, so
// that an operator can watch.
func (p *process) drainServers() {
	ctx, cancel := context.WithTimeout(context.Background(), p.DrainTimeout)
	defer cancel()
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
	p.public.settle(ctx)
	if err := p.public.http.Shutdown(ctx); err != nil {
		p.Logger.Warn("drain cut short", "connections", p.public.connections())
		p.public.http.Close()
	}
	close(answered)
	p.awaitDrain(ctx, drained)
	if p.admin != nil {
		p.admin.http.Close()
	}
}

func (p *process) awaitDrain(ctx context.Context, drained <-chan struct{}) {
	select {
	case <-drained:
		return
	case <-ctx.Done():
	}
	late := time.NewTimer(lateTime)
	defer late.Stop()
	select {
	case <-drained:
	case <-late.C:
		p.Logger.Warn("drain abandoned: the service did not return in time")
	}
}
