// Package background runs the parts of a service that work beside its requests.
package background

import (
	"context"
	"sync"
	"time"
)

// Tasks are goroutines that end together. The zero Tasks has none.
type Tasks struct {
	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
}

// Go runs f on a goroutine. Close ends its context. Of these goroutines each may call Go; other
// calls of Go and Close must come one after the other.
func (t *Tasks) Go(f func(ctx context.Context)) {
	if t.stop == nil {
		t.ctx, t.stop = context.WithCancel(context.Background())
	}
	t.running.Go(func() { f(t.ctx) })
}

// Every runs f on a goroutine, now and then once in each period. It skips periods while f
// takes longer than one.
func (t *Tasks) Every(period time.Duration, f func(ctx context.Context)) {
	t.Go(func(ctx context.Context) {
		tick := time.NewTicker(period)
		defer tick.Stop()
		for ctx.Err() == nil {
			f(ctx)
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	})
}

// Close ends the context of all goroutines and waits for them.
func (t *Tasks) Close() {
	if t.stop != nil {
		t.stop()
	}
	t.running.Wait()
}
