package recent

import (
	"context"
	_ "embed"
	"errors"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// maxMembers bounds each set in Redis.
	maxMembers = 10_000
	// triesPerWindow bounds how often a write is tried.
	triesPerWindow = 10
	// minTryTime is enough for an answer of Redis where a window is very short.
	minTryTime = 200 * time.Millisecond
	// maxFailing is how long names are kept that Redis does not take: a Redis that restarts
	// needs less. After a longer failure, names from its begin would be listed as new.
	maxFailing = time.Minute
)

//go:embed publish.lua
var publishSource string

var publishScript = redis.NewScript(publishSource)

// loop publishes each interval when it is over.
func (p *Presence) loop(ctx context.Context) {
	for {
		p.setClock(ctx)
		running := intervalAt(p.clock.now(), p.opts.Every)
		p.moveTo(running)
		end := running.end(p.opts.Every)
		if !p.clock.sleepUntil(ctx, end.Add(-p.window())) {
			return
		}
		p.announce(ctx)
		if !p.clock.sleepUntil(ctx, end) {
			return
		}
		p.endInterval()
		p.publish(ctx)
	}
}

// setClock takes little of an interval, also when Redis does not answer.
func (p *Presence) setClock(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, min(time.Second, p.opts.Every/4))
	defer cancel()
	p.clock.set(ctx, p.client)
}

// moveTo makes i the running interval, with the names so far. It changes something only
// if the clock was wrong or this process was stopped.
func (p *Presence) moveTo(i interval) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.visited.interval != i {
		before := p.visited
		p.visited = p.newLists(i)
		p.visited.addAll(before)
	}
}

// endInterval makes the next interval the running one, with the guests who are here now.
func (p *Presence) endInterval() {
	p.mu.Lock()
	p.ended = p.visited
	p.visited = p.newLists(intervalAt(p.ended.interval.end(p.opts.Every), p.opts.Every))
	p.mu.Unlock()
	p.around(p.Visit)
}

// publish writes the interval that has ended: users at a random moment in the first half
// of the window, rooms in the second.
func (p *Presence) publish(ctx context.Context) {
	p.mu.Lock()
	due := p.newLists(p.ended.interval)
	due.addAll(p.ended)
	due.addAll(p.late)
	chosen := p.choose(due)
	p.mu.Unlock()

	begin, written := due.interval.end(p.opts.Every), make(map[string]bool)
	var failed error
	for _, list := range []string{users, rooms} {
		var err error
		written[list], err = p.writeIn(ctx, begin, list, due.interval, chosen[list])
		failed = errors.Join(failed, err)
		begin = begin.Add(p.window() / 2)
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	switch now := time.Now(); {
	case failed == nil:
		p.failing = time.Time{}
	case p.failing.IsZero():
		p.failing = now
	case now.Sub(p.failing) >= maxFailing:
		due = p.ended
	}
	p.ended, p.late = lists{}, due
	maps.DeleteFunc(p.late.names, func(list string, _ *names) bool { return written[list] })
}

// window is how long after its end an interval is shown.
func (p *Presence) window() time.Duration { return p.opts.Every / windowShare }

// writeIn writes names at a random moment in half a window from begin on, and tries again
// until the window is over. It reports whether Redis has the names, and the last error.
// Without an error the write was late.
func (p *Presence) writeIn(ctx context.Context, begin time.Time, list string, i interval, names []string) (written bool, err error) {
	at, end := begin.Add(rand.N(p.window()/2)), i.end(p.opts.Every).Add(p.window())
	for p.clock.sleepUntil(ctx, at) {
		try, cancel := context.WithTimeout(ctx, max(p.window(), minTryTime))
		written, err = p.write(try, list, i, names, mustBeOver)
		cancel()
		if at = p.clock.now().Add(p.window() / triesPerWindow); err == nil || at.After(end) {
			break
		}
	}
	return written, err
}

// Whether write may write an interval that is not over by Redis's clock. If it must be over,
// the write fails before: this process's idea of the time may be ahead, and the order in
// Redis's file must not tell when in its interval a name was written.
const (
	mayRun     = 0
	mustBeOver = 1
)

// write writes the names of an interval, unless readers show the interval already.
func (p *Presence) write(ctx context.Context, list string, i interval, names []string, over int) (written bool, err error) {
	if len(names) == 0 {
		return true, nil
	}
	args := []any{int64(i), seconds(p.opts.Every), seconds(p.opts.Keep), maxMembers, over}
	for _, name := range names {
		args = append(args, name)
	}
	written, err = publishScript.Run(ctx, p.client.Universal(), []string{p.key(list)}, args...).Bool()
	if written && p.opts.Expires != nil {
		// The script trims older intervals when the next ones are written.
		p.opts.Expires(i.end(p.opts.Every).Add(p.opts.Keep + 4*p.opts.Every))
	}
	return written, err
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
