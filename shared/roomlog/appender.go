package roomlog

import (
	"cmp"
	"context"
	"slices"
	"time"

	"chatter/shared/redisconn"

	"github.com/redis/go-redis/v9"
)

// commitAll commits what is ready, and what gets ready meanwhile.
func (a *appender) commitAll() {
	for a.commitSome() {
	}
}

// lead commits what is ready now. What gets ready meanwhile is not the caller's work.
func (a *appender) lead() {
	if a.commitSome() {
		go a.commitAll()
	}
}

// commitSome commits a pipeline of what is ready, and reports whether there is more:
// otherwise the caller is not counted any longer.
func (a *appender) commitSome() (more bool) {
	a.mu.Lock()
	jobs := a.takeLocked()
	a.mu.Unlock()
	if len(jobs) > 0 {
		begun := time.Now()
		results := a.log.commit(a.ctx, jobs)
		took := time.Since(begun)
		var failed error
		for i, result := range results {
			a.settle(jobs[i], result, took)
			failed = cmp.Or(failed, result.err)
		}
		if failed != nil {
			a.expire(time.Now(), failed)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.ready) > 0 {
		return true
	}
	a.committing--
	a.running.Done()
	return false
}

// committed is what became of one job.
type committed struct {
	stored []Stored
	err    error
}

// A try that takes longer than this meets a Redis that hangs; the next try
// takes a fresh connection.
const commitTimeout = 2 * time.Second

// commit sends the jobs in one pipeline and blocks for the replies.
func (l *Log) commit(ctx context.Context, jobs []job) []committed {
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	results := make([]committed, len(jobs))
	if missing := l.pipeline(ctx, jobs, results); missing {
		// A Redis that has restarted has forgotten the script. Sending its
		// text once with each room of this pipeline teaches every node.
		l.pipelineFull(ctx, jobs, results)
	}
	return results
}

func (l *Log) pipeline(ctx context.Context, jobs []job, results []committed) (scriptMissing bool) {
	pipe := l.client.Universal().Pipeline()
	cmds := make([]*redis.Cmd, len(jobs))
	for i, j := range jobs {
		keys, args := l.scriptArgs(j.queue.room, j.batch)
		cmds[i] = pipe.EvalSha(ctx, appendScript.Hash(), keys, args...)
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	for i, cmd := range cmds {
		results[i] = answerOf(cmd, len(jobs[i].batch))
		if redis.HasErrorPrefix(results[i].err, "NOSCRIPT") {
			scriptMissing = true
		}
	}
	return scriptMissing
}

func (l *Log) pipelineFull(ctx context.Context, jobs []job, results []committed) {
	pipe := l.client.Universal().Pipeline()
	cmds := make([]*redis.Cmd, len(jobs))
	for i, j := range jobs {
		if results[i].err == nil {
			continue
		}
		keys, args := l.scriptArgs(j.queue.room, j.batch)
		cmds[i] = pipe.Eval(ctx, appendSource, keys, args...)
	}
	_, _ = pipe.Exec(ctx)
	for i, cmd := range cmds {
		if cmd != nil {
			results[i] = answerOf(cmd, len(jobs[i].batch))
		}
	}
}

func answerOf(cmd *redis.Cmd, n int) committed {
	reply, err := cmd.Result()
	if err != nil {
		return committed{err: err}
	}
	stored, err := parseAnswer(reply, n)
	return committed{stored: stored, err: err}
}

// settle tells the senders of a job what became of it, or puts it back at the
// front of its room for another try. It took so long to know.
func (a *appender) settle(j job, result committed, took time.Duration) {
	a.mu.Lock()
	a.troubled = result.err != nil
	a.mu.Unlock()
	defer clear(j.batch) // the queue's memory lives on
	if result.err == nil {
		a.succeed(j, result.stored, took)
		a.release(j, nil, 0)
		return
	}
	a.flushOwed(j.queue)
	now := time.Now()
	var again, late []*pending
	for _, p := range j.batch {
		if p.deadline.After(now) {
			again = append(again, p)
		} else {
			late = append(late, p)
		}
	}
	if len(late) > 0 {
		a.log.doubt(j.queue.room)
	}
	delay := min(max(2*j.queue.delay, minRetry), maxRetry)
	a.release(j, again, delay)
	for _, p := range late { // nothing of theirs is counted any more
		p.done(Stored{}, a.log.describe(p, result.err))
	}
}

// succeed has the room's members see the messages, all in one go, before their
// senders learn that they are stored.
func (a *appender) succeed(j job, stored []Stored, took time.Duration) {
	follower := a.log.follower.Load()
	delivered := follower != nil && follower.appended(j.queue.room, j.batch, stored)
	for i, p := range j.batch {
		p.done(stored[i], nil)
	}
	if delivered {
		a.flushOrHold(j.queue, took)
	} else {
		a.flushOwed(j.queue)
	}
}

func (a *appender) flushOrHold(q *roomQueue, took time.Duration) {
	if !a.hold(q, took) {
		a.flush(q)
	}
}

// hold reports whether it is better to write to the members after the next answer than
// after this one. That can be said once in a row, and for holdAtMost.
func (a *appender) hold(q *roomQueue, took time.Duration) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	q.held = !q.held && took < quickAnswer && len(q.waiting) > 0
	switch {
	case !q.held:
	case q.holding == nil:
		q.holding = time.AfterFunc(holdAtMost, func() { a.flushOwed(q) })
	default:
		q.holding.Reset(holdAtMost)
	}
	return q.held
}

// flushOwed has the members written to if they were to wait.
func (a *appender) flushOwed(q *roomQueue) {
	a.mu.Lock()
	owed := q.held
	q.held = false
	a.mu.Unlock()
	if owed {
		a.flush(q)
	}
}

func (a *appender) flush(q *roomQueue) {
	if follower := a.log.follower.Load(); follower != nil {
		follower.sink.Flush(q.room)
	}
}

// expire fails what has waited too long behind others. Each try at a Redis
// that hangs takes its time; those in line must not add theirs up.
func (a *appender) expire(now time.Time, err error) {
	a.mu.Lock()
	var late []*pending
	for key, q := range a.rooms {
		n := 0
		for n < len(q.waiting) && !q.waiting[n].deadline.After(now) {
			a.bytes -= len(q.waiting[n].text)
			n++
		}
		late = append(late, q.waiting[:n]...)
		clear(q.waiting[:n])
		q.waiting = q.waiting[n:]
		if n > 0 && len(q.waiting) == 0 && !q.busy {
			delete(a.rooms, key)
		}
	}
	a.waiting -= len(late)
	a.ready = slices.DeleteFunc(a.ready, func(q *roomQueue) bool { return len(q.waiting) == 0 })
	a.mu.Unlock()
	for _, p := range late {
		p.done(Stored{}, a.log.describe(p, err))
	}
}

// release gives a room back after a job: what is to be tried again stands
// first, and delay passes before it is.
func (a *appender) release(j job, again []*pending, delay time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := j.queue
	done := len(j.batch) - len(again)
	a.waiting -= done
	for _, p := range j.batch {
		a.bytes -= len(p.text)
	}
	for _, p := range again {
		a.bytes += len(p.text)
	}
	q.delay = delay
	if len(again) > 0 {
		if a.closed {
			for _, p := range again {
				go p.done(Stored{}, redisconn.Unavailable("append", context.Canceled))
			}
			again = nil
		}
		q.waiting = append(again[:len(again):len(again)], q.waiting...)
	}
	switch {
	case len(q.waiting) == 0:
		delete(a.rooms, q.room.Key())
	case delay == 0:
		q.busy = false
		a.ready = append(a.ready, q) // the caller is at it
	default:
		time.AfterFunc(delay, func() {
			a.mu.Lock()
			defer a.mu.Unlock()
			q.busy = false
			if len(q.waiting) > 0 {
				a.readyLocked(q)
			} else {
				delete(a.rooms, q.room.Key())
			}
		})
	}
}
