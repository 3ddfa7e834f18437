// Package retention forgets: it removes expired messages from Redis, and has Redis rewrite its
// append-only file so that no disk keeps them either.
//
// Each process trims the logs to which it appended, when their oldest entry expires. One
// process at a time is the leader, which
//
//   - scans the logs of all rooms when it becomes the leader and then once an hour, so that
//     logs are trimmed whose process has ended;
//   - has each node rewrite its append-only file when something expired since the last
//     rewrite began;
//   - writes to Redis how old the oldest message and the last rewrites are, so that each
//     process can tell its operator.
//
// The leader holds a lock in Redis and renews it. When Redis has no memory for the lock,
// every process is a leader: everything that a leader does may be done twice.
//
// Ages are told by Redis's clock. The package must not know the texts of messages.
package retention

import (
	"context"
	"crypto/rand"
	"log/slog"
	"maps"
	"sync/atomic"
	"time"

	"chatter/shared/background"
	"chatter/shared/redisconn"
	"chatter/shared/wire"
)

// Options say what is kept for how long.
type Options struct {
	Prefix    string        // of every key
	Retention time.Duration // how long a message is kept
	Nonces    time.Duration // how long a nonce is kept
	Embedded  bool          // Redis has no file to rewrite
	Logger    *slog.Logger
}

const (
	scanEvery    = time.Hour
	rewriteEvery = 30 * time.Minute
	tickEvery    = 10 * time.Second
	trimEvery    = time.Minute // of one log by one process: each trimming costs Redis a write
	minRewrite   = 10 * time.Second
	minLock      = 10 * time.Second // a tick may wait for a node that does not answer

	// A tick that takes longer than this meets a Redis that hangs.
	tickTimeout   = 30 * time.Second
	resignTimeout = time.Second
)

// times are how often something is done. A short retention shortens them.
type times struct{ scan, rewrite, retry, tick, trim, lock time.Duration }

func timesFor(retention time.Duration) times {
	t := times{
		scan:    min(scanEvery, retention),
		rewrite: max(minRewrite, min(rewriteEvery, retention)),
		tick:    min(tickEvery, retention/10),
		trim:    min(trimEvery, retention/10),
	}
	t.retry, t.lock = max(minRewrite, t.rewrite/30), max(minLock, 3*t.tick)
	return t
}

// Job forgets expired messages until it is closed. It is safe for concurrent use.
type Job struct {
	client *redisconn.Client
	opts   Options
	times  times
	token  string // no other process has it

	schedule schedule
	last     atomic.Pointer[report] // nil if nothing is known
	tasks    background.Tasks

	// The ticks own these.
	leading bool
	scanned time.Time       // when this leader scanned all logs
	rest    time.Time       // the oldest entry of the logs that the next scan may trim
	nodes   map[string]node // of this leader, by name
	expired time.Time       // something expired then, and Redis does not know it yet
	saved   map[string]string
	logged  []string
}

// Start starts the job. It does not block. The caller closes it.
func Start(c *redisconn.Client, o Options) *Job {
	j := &Job{client: c, opts: o, times: timesFor(o.Retention), token: rand.Text()}
	j.tasks.Every(j.times.tick, j.tick)
	return j
}

// Close ends the job and waits for it.
func (j *Job) Close() {
	j.tasks.Close()
	j.resign()
}

// Appended tells the job that this process appended a message with this ID to a log, which
// is the key of a stream. It does not block.
func (j *Job) Appended(log string, id wire.ID) {
	j.schedule.add(log, logAge{id.Time(), j.expiry(id.Time())})
	if j.opts.Retention < j.opts.Nonces { // the key of a nonce holds the name of the room
		j.Expires(id.Time().Add(j.opts.Nonces))
	}
}

// Expires tells the job that Redis forgets something at this time by itself, which stands
// in its file until the next rewrite. It does not block.
func (j *Job) Expires(at time.Time) { j.schedule.expires(at) }

// expiry returns when an entry is removed: it must be older than the retention.
func (j *Job) expiry(entry time.Time) time.Time {
	return entry.Add(j.opts.Retention + time.Millisecond)
}

// tick does what is due. After an error, the next one tries again.
func (j *Job) tick(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, tickTimeout)
	defer cancel()
	s, now, err := j.load(ctx)
	if err != nil {
		return
	}
	s.expired = later(s.expired, j.expired)
	wasLeading := j.leading
	j.leading = j.lead(ctx)
	if j.leading {
		if !wasLeading {
			j.scanned, j.nodes, j.saved = time.Time{}, s.nodes, make(map[string]string)
			for name := range s.nodes {
				j.saved[name] = "" // the next save writes it, or removes it
			}
		}
		// The entries trimmed below must be older than the next rewrite, so the rewrites go first.
		if !j.opts.Embedded {
			j.rewrite(ctx, now, s.expired)
		}
		if due := now.Sub(j.scanned) >= j.times.scan || j.scanned.After(now); due && j.scan(ctx, now) == nil {
			j.scanned = now
		}
	}
	j.trimDue(ctx, now)
	if j.schedule.passed(now) {
		j.expired = later(j.expired, now)
	}
	if j.leading {
		s.nodes, s.oldest = maps.Clone(j.nodes), earlier(j.rest, j.schedule.oldest())
		j.saveLed(ctx, s)
	}
	j.saveExpired(ctx)
	j.publish(&report{s, now, time.Now()})
}
