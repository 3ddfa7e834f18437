package retention

import (
	"context"
	_ "embed"
	"errors"
	"slices"
	"strings"
	"time"

	"chatter/shared/redisconn"
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

var errAnswer = errors.New("the script that forgets gave an unexpected answer")

// trimDue trims the logs that are due.
func (j *Job) trimDue(ctx context.Context, now time.Time) {
	for {
		due := j.logs.take(now, maxTrims)
		if len(due) == 0 {
			return
		}
		keys := make([]string, len(due))
		for i, l := range due {
			keys[i] = l.key
		}
		// A message that this process appended has expired, also if it was removed before.
		j.expired = later(j.expired, now)
		if err := j.trim(ctx, now, keys); err != nil {
			for _, l := range due {
				j.logs.add(l.key, l.oldest, now)
			}
			return
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
				return redisconn.Unavailable("scan the logs", err)
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
		at, removed, oldest, err := forgotten(answer)
		switch {
		case err != nil:
			failed = err
			continue
		case removed > 0:
			j.expired = later(j.expired, at)
		}
		if oldest.IsZero() {
			continue
		}
		if due := later(j.expiry(oldest), at.Add(j.times.trim)); due.Before(now.Add(j.times.scan + j.times.trim)) {
			j.logs.add(keys[i], oldest, due)
		} else {
			j.rest = earlier(j.rest, oldest)
		}
	}
	return failed
}

// forgotten reads the answer of the script. A log that is gone has a zero oldest entry.
func forgotten(cmd *redis.Cmd) (at time.Time, removed int64, oldest time.Time, err error) {
	list, err := cmd.Slice()
	if err != nil {
		return at, 0, oldest, redisconn.Unavailable("forget", err)
	}
	if len(list) != 3 {
		return at, 0, oldest, errAnswer
	}
	ms, isTime := list[0].(int64)
	removed, isCount := list[1].(int64)
	text, isText := list[2].(string)
	if !isTime || !isCount || !isText {
		return at, 0, oldest, errAnswer
	}
	if text != "" {
		id, err := wire.ParseID(text)
		if err != nil {
			return at, 0, oldest, errAnswer
		}
		oldest = id.Time()
	}
	return time.UnixMilli(ms), removed, oldest, nil
}

// escapeGlob makes a pattern of Redis that matches only text.
func escapeGlob(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`).Replace(text)
}
