package limits

import (
	"math"
	"time"
)

// Rate bounds something: Burst tokens at once, PerSecond in the long run.
type Rate struct{ Burst, PerSecond float64 }

// bucket is a token bucket. The zero bucket is full. Its rate may change between calls.
type bucket struct {
	tokens float64
	at     time.Time // when tokens was right
}

// refill brings the bucket up to date. A clock that steps back adds nothing.
func (b *bucket) refill(r Rate, now time.Time) {
	if b.at.IsZero() {
		b.tokens, b.at = r.Burst, now
	}
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens += passed.Seconds() * r.PerSecond
		b.at = now
	}
	b.tokens = min(b.tokens, r.Burst)
}

// wait returns how long it takes until the bucket has the tokens, 0 for none. More tokens than
// the bucket holds may be taken from a full one, which then owes the rest.
func (b *bucket) wait(r Rate, tokens float64) time.Duration {
	const rounding = 1e-6
	missing := min(tokens, r.Burst) - b.tokens
	if missing < rounding {
		return 0
	}
	return time.Duration(math.Ceil(missing/r.PerSecond*1e3)) * time.Millisecond
}

// charge takes tokens for something that has happened already, and leaves no debt.
func (b *bucket) charge(tokens float64) { b.tokens = max(b.tokens-tokens, min(b.tokens, 0)) }

// scarce reports whether the bucket is at most half full. The fuller half is for all, so that
// one alone may take everything. The scarce half is shared by the crowd of those that want
// tokens.
func (b *bucket) scarce(r Rate) bool { return b.tokens <= r.Burst/2 }

// part is an equal part of the scarce half of a bucket.
func (r Rate) part(crowd int) Rate {
	return Rate{Burst: max(r.Burst/2/float64(crowd), 1), PerSecond: r.PerSecond / float64(crowd)}
}

// share is the part of one of a crowd.
type share struct {
	bucket
	seen int64 // the last period in which it wanted tokens
}

// crowdPeriod is how long something that wants tokens counts as one of a crowd: this long at
// least, and twice as long at most.
const crowdPeriod = 10 * time.Second

// crowd counts the different ones that want tokens of the same bucket.
type crowd struct {
	period      int64
	now, before int
}

// count returns how many there are, with the one whose share this is.
func (c *crowd) count(s *share, now time.Time) int {
	// Two callers may be out of order. An earlier period than the one before is a clock that was set back.
	if period := now.UnixNano() / int64(crowdPeriod); period > c.period || period < c.period-1 {
		c.before = 0
		if period == c.period+1 {
			c.before = c.now
		}
		c.period, c.now = period, 0
	}
	if s.seen != c.period {
		s.seen = c.period
		c.now++
	}
	return c.size()
}

func (c *crowd) size() int { return max(c.now, c.before) }

// toll is one of the limits that a message must pass.
type toll struct {
	reason Reason
	rate   Rate
	from   *bucket

	// Of a bucket that is shared:
	share *share
	crowd int
	// reserve is what the bucket may owe to shares, so that one with a share is not refused
	// because the others have just taken theirs.
	reserve float64
}

// wait returns how long it takes until the tokens may be taken.
func (t *toll) wait(tokens float64, now time.Time) time.Duration {
	t.from.refill(t.rate, now)
	if t.share == nil {
		return t.from.wait(t.rate, tokens)
	}
	part := t.rate.part(t.crowd)
	t.share.refill(part, now)
	if !t.from.scarce(t.rate) {
		return t.from.wait(t.rate, tokens)
	}
	reserved := bucket{tokens: t.from.tokens + t.reserve}
	return max(reserved.wait(t.rate, tokens), t.share.wait(part, tokens))
}

// take takes the tokens that wait has found.
func (t *toll) take(tokens float64) {
	if t.share != nil && t.from.scarce(t.rate) {
		t.share.tokens -= tokens
	}
	t.from.tokens -= tokens
}
