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
	switch {
	case b.at.IsZero():
		b.tokens, b.at = r.Burst, now
	case now.After(b.at):
		b.tokens = min(r.Burst, b.tokens+now.Sub(b.at).Seconds()*r.PerSecond)
		b.at = now
	}
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

// crowdPeriod is how long something that wants tokens counts as one of a crowd: this long at
// least, and twice as long at most.
const crowdPeriod = 10 * time.Second

// crowd counts the different ones that want tokens of the same bucket.
type crowd struct {
	period      int64
	now, before int
}

// count returns how many there are, with the one whose last period is seen.
func (c *crowd) count(seen *int64, now time.Time) int {
	if period := now.UnixNano() / int64(crowdPeriod); period > c.period {
		c.before = 0
		if period == c.period+1 {
			c.before = c.now
		}
		c.period, c.now = period, 0
	}
	if *seen != c.period {
		*seen = c.period
		c.now++
	}
	return max(c.now, c.before)
}

// share is what one of a crowd may take from a bucket that is at most half full: an equal
// part of it. The fuller half is for all, so that one alone may take everything.
type share struct {
	bucket
	seen int64
}

// wait returns how long it takes until the one with this share may take the tokens of from,
// whose rate is r and which a crowd wants. For shares, from may owe the reserve, so that one
// with a share is not refused because the others have just taken theirs.
func (s *share) wait(from bucket, r Rate, crowd int, reserve, tokens float64, now time.Time) time.Duration {
	part := r.part(crowd)
	s.refill(part, now)
	s.tokens = min(s.tokens, part.Burst)
	if !from.scarce(r) {
		return from.wait(r, tokens)
	}
	from.tokens += reserve
	return max(from.wait(r, tokens), s.bucket.wait(part, tokens))
}

// take takes the tokens that wait has found.
func (s *share) take(from *bucket, r Rate, tokens float64) {
	if from.scarce(r) {
		s.tokens -= tokens
	}
	from.tokens -= tokens
}

// part is an equal part of the scarce half of a bucket.
func (r Rate) part(crowd int) Rate {
	return Rate{Burst: max(r.Burst/2/float64(crowd), 1), PerSecond: r.PerSecond / float64(crowd)}
}

// scarce reports whether the bucket is at most half full.
func (b *bucket) scarce(r Rate) bool { return b.tokens <= r.Burst/2 }
