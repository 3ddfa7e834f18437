package limits

import (
	"log/slog"
	"sync/atomic"
	"time"
)

// Reason is the limit that refuses something.
type Reason uint8

const (
	BySession Reason = iota // the session's rate
	ByClass                 // the class's rate in the room
	ByRoom                  // the room's rate
	ByFirst                 // the class's rate of first messages into empty rooms
	BySignIn                // the class's rate of sign-ins
	reasons
)

func (r Reason) String() string {
	return [...]string{"session", "class", "room", "first", "signin"}[r]
}

// refusals counts since the start.
type refusals [reasons]atomic.Int64

func (c *refusals) count(r Reason) { c[r].Add(1) }

// The name and the help of the metric that has a Counter for each reason.
const (
	CounterName = "chatter_refusals_total"
	CounterHelp = "Messages and sign-ins refused by a limit."
)

// Counter is a metric: refusals for one reason.
type Counter struct {
	Reason string
	Value  func() float64
}

// Counters returns a counter for each reason, which stay 0 if limits are off.
func (l *Limiter) Counters() []Counter {
	counters := make([]Counter, reasons)
	for r := range counters {
		counters[r] = Counter{Reason(r).String(), func() float64 {
			if l == nil {
				return 0
			}
			return float64(l.refusals[r].Load())
		}}
	}
	return counters
}

const (
	// An attack has begun when this many refusals come within attackWindow, and is over when
	// calmWindow has passed with fewer than a tenth.
	attackRefusals = 100
	attackWindow   = 10 // seconds
	calmWindow     = 60 // seconds
)

// attackWatch logs when an attack begins and when it is over.
type attackWatch struct {
	logger *slog.Logger
	last   [calmWindow]int64 // refusals in each of the last seconds
	total  [reasons]int64    // at the last look
	began  [reasons]int64    // when the attack was noticed
	since  time.Time         // zero without an attack
	second int
}

// look is called once a second.
func (w *attackWatch) look(c *refusals, now time.Time) {
	before := w.total
	var sum int64
	for r := range c {
		w.total[r] = c[r].Load()
		sum += w.total[r] - before[r]
	}
	w.last[w.second%calmWindow] = sum
	w.second++
	switch {
	case w.since.IsZero() && w.within(attackWindow) >= attackRefusals:
		w.since, w.began = now, before
		w.logger.Warn("an attack begins: much is refused", w.counts(w.total, before)...)
	case !w.since.IsZero() && w.within(calmWindow) < attackRefusals/10:
		w.logger.Warn("the attack is over", append(w.counts(w.total, w.began), "seconds", int(now.Sub(w.since).Seconds())-calmWindow)...)
		w.since = time.Time{}
	}
}

func (w *attackWatch) within(seconds int) (sum int64) {
	for i := range seconds {
		sum += w.last[(w.second-1-i+2*calmWindow)%calmWindow]
	}
	return sum
}

// counts are the refusals between two looks, by reason.
func (w *attackWatch) counts(now, before [reasons]int64) (args []any) {
	for r := range now {
		if n := now[r] - before[r]; n > 0 {
			args = append(args, Reason(r).String(), n)
		}
	}
	return args
}
