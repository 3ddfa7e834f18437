package main

import "time"

const (
	countEvery = time.Second
	// A burst is at least this many sockets that are opened or closed. It is over when
	// fewer than a tenth of that are in countEvery.
	burst = 500
)

// burstDetector finds the end of a burst of sockets.
type burstDetector struct {
	counted, freed int64 // opened and closed sockets at the last call, and at the last burst
}

// over is to be called every countEvery. It takes the number of sockets that were opened and closed since the start, and
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
