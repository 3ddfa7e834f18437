package main

import (
	"context"
	"runtime/debug"
	"time"
)

const (
	countEvery = time.Second
	// A burst is at least this many sockets that are opened, closed or idle for the first time.
	// It is over when fewer than a tenth of that are in countEvery.
	burst = 500
)

// burstDetector finds the end of a burst of sockets.
type burstDetector struct {
	counted, freed int64 // sockets at the last call, and at the last burst
}

// over takes the number of sockets that were opened, closed and idle since the start, and
// reports whether a burst is over. It reports each burst once.
func (d *burstDetector) over(count int64) bool {
	quiet := count-d.counted < burst/10
	d.counted = count
	if !quiet || count-d.freed < burst {
		return false
	}
	d.freed = count
	return true
}

// freeMemory returns memory to the system after each burst, until ctx ends. The garbage of
// ten thousand handshakes is half as large as the sockets, and the runtime would keep it
// for minutes. It costs a garbage collection.
func freeMemory(ctx context.Context, count func() int64) {
	tick := time.NewTicker(countEvery)
	defer tick.Stop()
	var d burstDetector
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if d.over(count()) {
			debug.FreeOSMemory()
		}
	}
}
