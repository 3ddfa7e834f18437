package mutes

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"chatter/shared/redisconn"

	"github.com/redis/go-redis/v9"
)

// windowShare is the part of an interval in which the interval before is written, as package
// recent writes it.
const windowShare = 50

func (x *Mutes) key() string { return x.opts.Prefix + Kind }

// endIntervals writes the mutes of each interval when it is over.
func (x *Mutes) endIntervals(ctx context.Context) {
	for {
		next := x.interval() + 1
		at := time.Unix(next*x.everySeconds(), 0).Add(rand.N(x.opts.Every / windowShare))
		select {
		case <-ctx.Done():
			return
		case <-time.After(at.Sub(x.opts.Now())):
		}
		x.endInterval()
		timed, cancel := context.WithTimeout(ctx, sendTimeout)
		_ = x.write(timed, next) // what fails is written after the next interval
		cancel()
	}
}

// endInterval forgets what is over, and publishes how many messages were refused.
func (x *Mutes) endInterval() {
	x.Refused.Add(x.refusing.Swap(0))
	now := x.opts.Now()
	x.marks.dropExpired(now)
	x.mu.Lock()
	defer x.mu.Unlock()
	clear(x.answered)
	for mark, m := range x.mutes {
		if m.Ends <= now.Unix() {
			delete(x.mutes, mark)
			x.purge = true
		}
	}
}

// write writes what was learned before an interval and is not written yet, sorted.
func (x *Mutes) write(ctx context.Context, before int64) error {
	now := x.opts.Now()
	due, purge := x.due(now, before)
	if len(due) == 0 && !purge {
		return nil
	}
	pipe := x.client.Universal().Pipeline()
	if len(due) > 0 {
		members := make([]redis.Z, len(due))
		for i, l := range due {
			members[i] = redis.Z{Score: float64(l.Ends), Member: l.Mark.String()}
		}
		pipe.ZAddArgs(ctx, x.key(), redis.ZAddArgs{GT: true, Members: members})
		pipe.ExpireAt(ctx, x.key(), now.Add(Most+x.opts.Every+time.Hour))
	}
	pipe.ZRemRangeByScore(ctx, x.key(), "-inf", strconv.FormatInt(now.Unix(), 10))
	if _, err := pipe.Exec(ctx); err != nil {
		return redisconn.Unavailable("write mutes", err)
	}
	if purge {
		x.opts.Expires(now)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.purge = false
	for _, l := range due {
		if m := x.mutes[l.Mark]; m != nil && m.Ends == l.Ends {
			m.written = true
		}
	}
	return nil
}

// due returns what write has to write, and whether Redis has mutes that are over.
func (x *Mutes) due(now time.Time, before int64) (due []line, purge bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, m := range x.mutes {
		if m.inForce(now.Unix()) && !m.written && m.interval < before {
			due = append(due, m.line)
		}
	}
	return sorted(due), x.purge
}

// Load implements orders.Handler.
func (x *Mutes) Load(ctx context.Context) error {
	read, err := x.client.Universal().ZRangeWithScores(ctx, x.key(), 0, -1).Result()
	if err := redisconn.Unavailable("read mutes", err); err != nil {
		return err
	}
	if lifted := x.loadedMutes(read); len(lifted) > 0 {
		// A process has written them while they were lifted.
		return redisconn.Unavailable("lift mutes", x.client.Universal().ZRem(ctx, x.key(), lifted...).Err())
	}
	return nil
}

// loadedMutes takes what Redis has, and returns what it should not have. A mute that is known
// already stays: Redis may have lost it, and it is written again.
func (x *Mutes) loadedMutes(read []redis.Z) (lifted []any) {
	now := x.opts.Now().Unix()
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, m := range x.mutes {
		m.written = false
	}
	for _, z := range read {
		var mark mark
		ends := int64(z.Score)
		if mark.UnmarshalText([]byte(fmt.Sprint(z.Member))) != nil || ends <= now {
			x.purge = x.purge || ends <= now
			continue
		}
		switch m := x.mutes[mark]; {
		case m == nil && len(x.mutes) < 2*x.max:
			x.mutes[mark] = &mute{line: line{Mark: mark, Ends: ends}, written: true}
		case m == nil:
		case m.Turn%2 == 1:
			lifted = append(lifted, z.Member)
		default:
			m.Ends = max(m.Ends, ends)
			m.written = ends == m.Ends
		}
	}
	x.loaded = true
	return lifted
}

// Apply implements orders.Handler. Mutes are not announced by the stream, which would tell
// when they were given.
func (x *Mutes) Apply([]string) {}

// Save returns the mutes for the next image of this process.
func (x *Mutes) Save() ([]byte, error) { return json.Marshal(x.lines()) }

// Restore takes what Save returned.
func (x *Mutes) Restore(state []byte) error {
	var lines []line
	if err := json.Unmarshal(state, &lines); err != nil {
		return fmt.Errorf("restore mutes: %w", err)
	}
	for _, l := range lines {
		x.merge(l)
	}
	return nil
}
