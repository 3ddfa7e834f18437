package live

import (
	"sync/atomic"
	"time"
)

// Options are the hub's parts and times.
type Options struct {
	Source       Source
	History      History
	Sessions     Sessions      // nil if sessions do not end
	PingInterval time.Duration // a silent peer is pinged this often
	PingTimeout  time.Duration // and cut when it does not answer for so long
	RunBytes     int           // of frames kept in each room; RunBytes if zero
	RunMemory    int64         // of all rooms together; RunMemory if zero
	// WaitingMemory is how many bytes may wait for slow members together; WaitingMemory if zero.
	WaitingMemory int64
	// Retention is the age at which a frame leaves its room. Now is the clock that the
	// IDs come from.
	Retention time.Duration
	Now       func() time.Time
	// Spread picks how long a client should wait before it reconnects, when
	// n of them are told to.
	Spread func(n int) time.Duration
}

// Counts are totals since the start.
type Counts struct {
	Messages, Gaps, TooSlow, Silent atomic.Int64
	GivenUp                         atomic.Int64 // runs given up for want of memory
	Refused                         atomic.Int64 // members closed because there were too many rooms
}

// withDefaults is o with the zero fields filled.
func (o Options) withDefaults() Options {
	if o.RunBytes == 0 {
		o.RunBytes = RunBytes
	}
	if o.RunMemory == 0 {
		o.RunMemory = RunMemory
	}
	if o.WaitingMemory == 0 {
		o.WaitingMemory = WaitingMemory
	}
	if o.Sessions == nil {
		o.Sessions = endless{}
	}
	return o
}
