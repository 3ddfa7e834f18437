package mutes

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
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
		timer := time.NewTimer(at.Sub(x.opts.Now()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
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
		if m.ends <= now.Unix() {
			delete(x.mutes, mark)
			x.purge = true
		}
	}
}

// write writes what was learned before an interval and is not written yet, sorted.
func (x *Mutes) write(ctx context.Context, before int64) error {
	x.mu.Lock()
	purge := x.purge
	x.mu.Unlock()
	due := x.due(before)
	if len(due) == 0 && !purge {
		return nil
	}
	now := x.opts.Now()
	pipe := x.client.Universal().Pipeline()
	if len(due) > 0 {
		pipe.ZAddArgs(ctx, x.key(), redis.ZAddArgs{GT: true, Members: due})
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
	for _, z := range due {
		mark, _ := parseMark(z.Member.(string))
		if m := x.mutes[mark]; m != nil && float64(m.ends) == z.Score {
			m.written = true
		}
	}
	return nil
}

func (x *Mutes) due(before int64) (due []redis.Z) {
	now := x.opts.Now().Unix()
	x.mu.RLock()
	defer x.mu.RUnlock()
	for mark, m := range x.mutes {
		if m.inForce(now) && !m.written && m.interval < before {
			due = append(due, redis.Z{Score: float64(m.ends), Member: mark.String()})
		}
	}
	slices.SortFunc(due, func(a, b redis.Z) int { return cmp.Compare(a.Member.(string), b.Member.(string)) })
	return due
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
	now, there := x.opts.Now().Unix(), make(map[mark]bool)
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, z := range read {
		mark, ok := parseMark(fmt.Sprint(z.Member))
		ends := int64(z.Score)
		if !ok || ends <= now {
			x.purge = x.purge || ends <= now
			continue
		}
		there[mark] = true
		switch m := x.mutes[mark]; {
		case m == nil && len(x.mutes) < 2*x.max:
			x.mutes[mark] = &mute{ends: ends, written: true}
		case m == nil:
		case m.turn%2 == 1:
			lifted = append(lifted, z.Member)
		default:
			m.ends = max(m.ends, ends)
			m.written = ends == m.ends
		}
	}
	for mark, m := range x.mutes {
		if !there[mark] {
			m.written = false
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
