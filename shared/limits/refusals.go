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
)

// Reasons are all of them.
var Reasons = [...]Reason{BySession, ByClass, ByRoom, ByFirst, BySignIn}

func (r Reason) String() string {
	return [...]string{"session", "class", "room", "first", "signin"}[r]
}

// refusals counts since the start, by reason.
type refusals [len(Reasons)]atomic.Int64

// The name and the help of the metric that has a counter for each reason.
const (
	CounterName = "chatter_refusals_total"
	CounterHelp = "Messages and sign-ins refused by a limit."
)

// Refused returns how often something was refused for a reason. It is 0 if limits are off.
func (l *Limiter) Refused(r Reason) int64 {
	if l == nil {
		return 0
	}
	return l.refusals[r].Load()
}

const (
	// An attack has begun when this many refusals come within attackWindow, and is over when
	// calmWindow has passed with fewer than a tenth.
	attackRefusals = 100
	attackWindow   = 10 // seconds
	calmWindow     = 60 // seconds
)

// totals are the refusals since the start, by reason.
type totals [len(Reasons)]int64

// attackWatch logs when an attack begins and when it is over.
type attackWatch struct {
	logger *slog.Logger
	looks  []totals  // of the last calmWindow seconds, the oldest first
	began  totals    // before the attack
	since  time.Time // zero without an attack
}

func newAttackWatch(logger *slog.Logger) *attackWatch {
	return &attackWatch{logger: logger, looks: make([]totals, 1)}
}

// look is called once a second.
func (w *attackWatch) look(c *refusals, now time.Time) {
	var total totals
	for r := range c {
		total[r] = c[r].Load()
	}
	before := w.looks[len(w.looks)-1]
	w.looks = append(w.looks, total)
	w.looks = w.looks[max(0, len(w.looks)-1-calmWindow):]
	switch {
	case w.since.IsZero() && w.within(attackWindow) >= attackRefusals:
		w.since, w.began = now, before
		w.logger.Warn("an attack begins: much is refused", total.since(before)...)
	case !w.since.IsZero() && w.within(calmWindow) < attackRefusals/10:
		w.logger.Warn("the attack is over", append(total.since(w.began), "seconds", int(now.Sub(w.since).Seconds())-calmWindow)...)
		w.since = time.Time{}
	}
}

// within returns how much was refused in the last seconds.
func (w *attackWatch) within(seconds int) (sum int64) {
	last := len(w.looks) - 1
	for r, n := range w.looks[last] {
		sum += n - w.looks[max(0, last-seconds)][r]
	}
	return sum
}

// since returns what was refused since an earlier look, for the log.
func (t totals) since(before totals) (args []any) {
	for r, n := range t {
		if n > before[r] {
			args = append(args, Reason(r).String(), n-before[r])
		}
	}
	return args
}
