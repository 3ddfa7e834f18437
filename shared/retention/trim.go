package retention

import (
	"context"
	_ "embed"
	"maps"
	"slices"
	"strings"
	"time"

	"chatter/shared/wire"

	"github.com/redis/go-redis/v9"
)

//go:embed forget.lua
var forgetSource string

var forgetScript = redis.NewScript(forgetSource)

const (
	// maxTrims bounds the logs in one pipeline.
	maxTrims = 100
	// scanCount is about how many keys Redis looks at in one step of a scan.
	scanCount = 500
)

// trimDue trims the logs that are due. A log that could not be trimmed is due again.
func (j *Job) trimDue(ctx context.Context, now time.Time) {
	due := j.schedule.take(now)
	if len(due) > 0 {
		// A message that this process appended has expired, also if it was removed before.
		j.expired = later(j.expired, now)
	}
	for keys := range slices.Chunk(slices.Collect(maps.Keys(due)), maxTrims) {
		if j.trim(ctx, now, keys) != nil {
			for _, key := range keys {
				j.schedule.add(key, logAge{due[key].oldest, now})
			}
		}
	}
}

// scan trims the logs of all rooms.
func (j *Job) scan(ctx context.Context, now time.Time) error {
	primaries, err := j.client.Primaries(ctx)
	if err != nil {
		return err
	}
	j.rest = time.Time{}
	pattern := escapeGlob(j.opts.Prefix) + "room:{*}:log"
	for _, primary := range primaries {
		for cursor := uint64(0); ; {
			var keys []string
			if keys, cursor, err = primary.Scan(ctx, cursor, pattern, scanCount).Result(); err != nil {
				return err
			}
			for some := range slices.Chunk(keys, maxTrims) {
				if err := j.trim(ctx, now, some); err != nil {
					return err
				}
			}
			if cursor == 0 {
				break
			}
		}
	}
	return nil
}

// trim removes the expired entries of logs, and schedules those that are due before the
// next scan.
func (j *Job) trim(ctx context.Context, now time.Time, keys []string) error {
	pipe := j.client.Universal().Pipeline()
	answers := make([]*redis.Cmd, len(keys))
	for i, key := range keys {
		answers[i] = pipe.EvalSha(ctx, forgetScript.Hash(), []string{key}, j.opts.Retention.Milliseconds())
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	var failed error
	for i, answer := range answers {
		if redis.HasErrorPrefix(answer.Err(), "NOSCRIPT") { // Redis has restarted
			answer = forgetScript.Eval(ctx, j.client.Universal(), keys[i:i+1], j.opts.Retention.Milliseconds())
		}
		reply, err := answer.Slice()
		if err != nil && strings.Contains(err.Error(), "WRONGTYPE") { // no log: somebody added it by hand
			continue
		}
		if err != nil {
			failed = err
			continue
		}
		ms, _ := reply[0].(int64)
		removed, _ := reply[1].(int64)
		text, _ := reply[2].(string)
		at := time.UnixMilli(ms)
		if removed > 0 {
			j.expired = later(j.expired, at)
		}
		if oldest, err := wire.ParseID(text); err == nil { // else the log is gone
			j.plan(keys[i], oldest.Time(), now, at)
		}
	}
	return failed
}

// plan schedules a log if it is to be trimmed before the next scan.
func (j *Job) plan(key string, oldest, now, trimmed time.Time) {
	due := later(j.expiry(oldest), trimmed.Add(j.times.trim))
	if due.Before(now.Add(j.times.scan + j.times.trim)) {
		j.schedule.add(key, logAge{oldest, due})
	} else {
		j.rest = earlier(j.rest, oldest)
	}
}

// escapeGlob makes a pattern of Redis that matches only text.
func escapeGlob(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`).Replace(text)
}
