package main

import (
	"context"
	"runtime/debug"
	"time"
)

const (
	trimEvery = time.Second
	// A burst is at least so many sockets that come or go, and over when fewer
	// than a tenth of that do in trimEvery.
	burst = 500
)

// bursts tells when a burst of sockets is over.
type bursts struct {
	moved, trimmed int64 // how many had come or gone by the last look, and the last trim
}

// over takes how many sockets have come and gone since the start, and reports
// whether it is time to trim.
func (b *bursts) over(moved int64) bool {
	quiet := moved-b.moved < burst/10
	b.moved = moved
	if !quiet || moved-b.trimmed < burst {
		return false
	}
	b.trimmed = moved
	return true
}

// trim gives memory back to the system after each burst until ctx ends. Ten
// thousand handshakes leave half as much behind again as the sockets need, which the
// runtime would hold for minutes. It costs a garbage collection.
func trim(ctx context.Context, moved func() int64) {
	tick := time.NewTicker(trimEvery)
	defer tick.Stop()
	var b bursts
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if b.over(moved()) {
			debug.FreeOSMemory()
		}
	}
}
