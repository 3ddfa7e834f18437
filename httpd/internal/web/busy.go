package web

import (
	"context"
	"sync"

	"chatter/shared/limits"
)

const (
	// maxBusy bounds the requests at a time that read from Redis. Each may hold half a megabyte:
	// the longest 50 messages, rendered, and for a history twice as many as JSON.
	maxBusy = 256
	// maxBusyOfClass bounds those of one address class: a client that does not read its answer,
	// or trickles its form, holds a request as long as it can, and others must not wait for it.
	maxBusyOfClass = maxBusy / 8
)

// busy counts the requests that read from Redis, or wait to. It is safe for concurrent use.
type busy struct {
	all chan struct{} // holds a token for each request

	mu sync.Mutex
	of map[limits.Class]*classBusy // of the classes that have requests
}

type classBusy struct {
	turns    chan struct{}
	requests int // with those that wait
}

func newBusy() *busy {
	return &busy{all: make(chan struct{}, maxBusy), of: make(map[limits.Class]*classBusy)}
}

// begin waits until a request of this class may run. The caller calls done when it has.
func (b *busy) begin(ctx context.Context, class limits.Class) (done func(), err error) {
	b.mu.Lock()
	own := b.of[class]
	if own == nil {
		own = &classBusy{turns: make(chan struct{}, maxBusyOfClass)}
		b.of[class] = own
	}
	own.requests++
	b.mu.Unlock()
	leave := func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if own.requests--; own.requests == 0 {
			delete(b.of, class)
		}
	}
	select {
	case own.turns <- struct{}{}:
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
	select {
	case b.all <- struct{}{}:
	case <-ctx.Done():
		<-own.turns
		leave()
		return nil, ctx.Err()
	}
	return func() { <-b.all; <-own.turns; leave() }, nil
}
