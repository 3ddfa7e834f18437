package roomlog

import (
	"cmp"
	"context"
	"slices"
	"time"

	"chatter/shared/capacity"

	"github.com/redis/go-redis/v9"
)

// A try that takes longer than this meets a Redis that hangs; the next try
// takes a fresh connection.
const commitTimeout = 2 * time.Second

const (
	// When a room's next messages wait already and Redis answers as fast as this, the
	// members are written to once for both batches. In a busy room of a thousand that
	// halves the processor time of a delivery.
	quickAnswer = 2 * time.Millisecond
	// They wait no longer than this if that answer is late.
	holdAtMost = 10 * time.Millisecond
)

// work commits what is ready, and what becomes ready meanwhile.
func (c *committer) work() {
	for c.commitOnce() {
	}
}

// lead commits one pipeline on the caller's goroutine. Another goroutine is the
// worker for what becomes ready meanwhile.
func (c *committer) lead() {
	defer c.running.Done()
	if !c.commitOnce() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.workers--
	c.startLocked()
}

// commitOnce commits one pipeline. It reports false when there was nothing to take:
// then the caller is not a worker any more.
func (c *committer) commitOnce() bool {
	jobs := c.take()
	if len(jobs) > 0 {
		begun := time.Now()
		c.log.commit(c.ctx, jobs)
		took := time.Since(begun)
		var failed error
		for _, j := range jobs {
			c.finish(j, took)
			failed = cmp.Or(failed, j.err)
		}
		if failed != nil {
			c.expire(time.Now(), failed)
		}
		c.mu.Lock()
		c.failing = failed != nil
		c.mu.Unlock()
	}
	return len(jobs) > 0
}

// commit sends the jobs in one pipeline and blocks for the replies.
func (l *Log) commit(ctx context.Context, jobs []*job) {
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	now := time.Now()
	for _, j := range jobs {
		if len(j.batch) > 0 {
			j.due = l.trims.due(j.queue.room.Key(), bytesOf(j.batch), now)
		}
	}
	l.send(ctx, jobs, func(pipe redis.Pipeliner, keys []string, args []any) *redis.Cmd {
		return pipe.EvalSha(ctx, appendScript.Hash(), keys, args...)
	})
	var again []*job
	for _, j := range jobs {
		if redis.HasErrorPrefix(j.err, "NOSCRIPT") {
			again = append(again, j)
		}
	}
	if len(again) > 0 {
		// A Redis that has restarted has forgotten the script. Sending its
		// text once with each room of this pipeline teaches every node.
		l.send(ctx, again, func(pipe redis.Pipeliner, keys []string, args []any) *redis.Cmd {
			return pipe.Eval(ctx, appendSource, keys, args...)
		})
	}
	for _, j := range jobs {
		if j.err != nil || len(j.batch) == 0 {
			continue
		}
		l.trims.done(j.queue.room.Key(), j.due, now)
		first := slices.IndexFunc(j.stored, func(s Stored) bool { return s.refused == capacity.Open })
		if first >= 0 && l.opts.Appended != nil {
			l.opts.Appended(l.keys.log(j.queue.room), j.stored[first].ID)
		}
	}
}

// send sends the jobs once and fills in what came of them.
func (l *Log) send(ctx context.Context, jobs []*job, eval func(redis.Pipeliner, []string, []any) *redis.Cmd) {
	pipe := l.client.Universal().Pipeline()
	learn := l.clock.ask(ctx, pipe) // first: it shows the time before the reads
	appends := make([]*redis.Cmd, len(jobs))
	reads := make([]*readCommand, len(jobs))
	for i, j := range jobs {
		room, reading := j.queue.room, j.read != nil && j.read.Count > 0
		if reading && !j.read.Behind {
			reads[i] = l.command(ctx, pipe, room, j.read)
		}
		if len(j.batch) > 0 {
			keys, args := l.scriptArgs(room, j.batch, j.due)
			appends[i] = eval(pipe, keys, args)
		}
		if reading && j.read.Behind {
			reads[i] = l.command(ctx, pipe, room, j.read)
		}
	}
	_, _ = pipe.Exec(l.client.Confirmed(ctx)) // each command has its own error
	unknown := learn()
	for i, j := range jobs {
		switch j.outcome = (Outcome{}); {
		case reads[i] == nil:
		case unknown != nil:
			j.outcome.Err = unknown
		default:
			j.outcome = l.outcome(ctx, reads[i], j.queue.room, j.read)
		}
		if appends[i] != nil {
			j.receive(appends[i])
		}
	}
}

// finish hands the entries to the follower, then tells the senders, who do not write yet, and
// then has the members written to, and last the senders that are not among them. So all acks
// and messages of a batch leave in one write for a sender, and a sender is written to no sooner
// than the other members. The order of an ack and its message on the wire is not promised.
func (c *committer) finish(j *job, took time.Duration) {
	var again, flush bool
	if j.read != nil {
		again, flush = j.read.End(j.outcome)
	}
	if j.err == nil {
		for i, p := range j.batch {
			if step := j.stored[i].refused; step != capacity.Open {
				p.done(Stored{}, c.log.opts.Capacity.Refuse(step))
			} else {
				p.done(j.stored[i], nil)
			}
		}
	}
	c.flush(j, flush, took)
	if j.err == nil {
		for _, p := range j.batch {
			if p.flush != nil {
				p.flush()
			}
		}
	}
	late := c.release(j, again)
	c.log.fail(late, j.err)
	clear(j.batch) // the queue's memory lives on
}

// flush calls the Flush that is due or owed, or lets it wait for the next answer.
// It waits for one answer at most, and for holdAtMost.
func (c *committer) flush(j *job, due bool, took time.Duration) {
	if j.read == nil {
		return
	}
	q := j.queue
	c.mu.Lock()
	owed := q.owed
	q.owed = nil
	if due && owed == nil && took < quickAnswer && len(q.waiting) > 0 {
		q.owed = j.read.Flush
		time.AfterFunc(holdAtMost, func() { c.flushOwed(q) })
		due = false
	}
	c.mu.Unlock()
	if due || owed != nil {
		j.read.Flush()
	}
}

// flushOwed calls a Flush that still waits.
func (c *committer) flushOwed(q *queue) {
	c.mu.Lock()
	owed := q.owed
	q.owed = nil
	c.mu.Unlock()
	if owed != nil {
		owed()
	}
}

// release gives a room's queue back. The messages of a failed append stand first
// again, but for those that are late, which it returns. A failed append may have
// stored them without an answer, so the room is read.
func (c *committer) release(j *job, again bool) (late []*pending) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	q, retry := j.queue, []*pending(nil)
	for _, p := range j.batch {
		switch {
		case j.err == nil:
		case p.deadline.After(now) && !c.closed:
			retry = append(retry, p)
			continue
		default:
			late = append(late, p)
		}
		c.waiting--
		c.bytes -= len(p.text)
	}
	if len(retry) > 0 {
		q.waiting = append(retry, q.waiting...)
	}
	failed := j.err != nil || j.outcome.Err != nil
	if j.read != nil {
		c.replies -= j.read.replyBytes()
		q.dirty = q.dirty || again || failed
	}
	delay := time.Duration(0)
	if failed {
		delay = min(max(2*q.delay, minRetry), maxRetry)
	}
	c.releaseLocked(q, delay) // the worker takes it, or ends when there is nothing
	return late
}

// expire fails what has waited too long behind others. Each try at a Redis that
// hangs takes its time; the messages behind it must not wait for several tries.
func (c *committer) expire(now time.Time, err error) {
	c.mu.Lock()
	var late []*pending
	for _, q := range c.queues {
		n := 0
		for n < len(q.waiting) && !q.waiting[n].deadline.After(now) {
			c.bytes -= len(q.waiting[n].text)
			n++
		}
		late = append(late, q.waiting[:n]...)
		q.waiting = slices.Clone(q.waiting[n:])
	}
	c.waiting -= len(late)
	c.mu.Unlock()
	c.log.fail(late, err)
}
