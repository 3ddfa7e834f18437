package roomlog

import (
	"cmp"
	"context"
	"slices"
	"time"

	"chatter/shared/capacity"
	"chatter/shared/wire"

	"github.com/redis/go-redis/v9"
)

// A try that takes longer than this meets a Redis that hangs; the next try
// takes a fresh connection.
const commitTimeout = 2 * time.Second

const (
	// When a room's next messages wait already and Redis answers as fast as this, the
	// members are written to once for both batches. In a busy room of a thousand that
	// halves the processor time of a delivery.
	quickReply = 2 * time.Millisecond
	// They wait no longer than this if that reply is late.
	holdAtMost = 10 * time.Millisecond
)

// work commits what is ready, and what becomes ready meanwhile.
func (l *Log) work() {
	for l.commitOnce() {
	}
}

// lead commits one pipeline on the caller's goroutine. Another goroutine is the
// worker for what becomes ready meanwhile.
func (l *Log) lead() {
	defer l.running.Done()
	if !l.commitOnce() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.workers--
	l.startLocked()
}

// commitOnce commits one pipeline. It reports false when there was nothing to take:
// then the caller is not a worker any more.
func (l *Log) commitOnce() bool {
	parts := l.collect()
	if len(parts) == 0 {
		return false
	}
	begun := time.Now()
	l.commit(parts)
	took := time.Since(begun)
	var failed error
	for _, p := range parts {
		l.finish(p, took)
		failed = cmp.Or(failed, p.err)
	}
	if failed != nil {
		l.failLate(failed)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failing = failed != nil
	return true
}

// commit sends the parts in one pipeline and blocks for the replies.
func (l *Log) commit(parts []*part) {
	ctx, cancel := context.WithTimeout(l.ctx, commitTimeout)
	defer cancel()
	for _, p := range parts {
		if len(p.batch) > 0 {
			p.due = l.trims.due(p.queue.room.Key(), bytesOf(p.batch), time.Now())
		}
	}
	l.send(ctx, parts, redis.Pipeliner.EvalSha, appendScript.Hash())
	var again []*part
	for _, p := range parts {
		if redis.HasErrorPrefix(p.err, "NOSCRIPT") {
			again = append(again, p)
		}
	}
	if len(again) > 0 {
		// A Redis that has restarted has forgotten the script. Sending its
		// text once with each room of this pipeline teaches every node.
		l.send(ctx, again, redis.Pipeliner.Eval, appendSource)
	}
	for _, p := range parts {
		if len(p.batch) > 0 && !p.stored() {
			l.trims.undo(p.queue.room.Key())
		}
		if p.err != nil {
			continue
		}
		first := slices.IndexFunc(p.results, func(r result) bool { return r.refused == capacity.Open })
		if first >= 0 && l.opts.Appended != nil {
			l.opts.Appended(l.keys.log(p.queue.room), p.results[first].stored.ID)
		}
	}
}

// evaluate is redis.Pipeliner.EvalSha, for the hash of a script, or Eval, for its text.
type evaluate func(pipe redis.Pipeliner, ctx context.Context, script string, keys []string, args ...any) *redis.Cmd

// send sends the parts once and fills in what came of them.
func (l *Log) send(ctx context.Context, parts []*part, eval evaluate, script string) {
	pipe := l.client.Universal().Pipeline()
	learn := l.clock.ask(ctx, pipe) // first: it shows the time before the reads
	appends := make([]*redis.Cmd, len(parts))
	outcomes := make([]func() Outcome, len(parts))
	for i, p := range parts {
		if !p.read.AfterAppend {
			outcomes[i] = l.sendRead(ctx, pipe, p)
		}
		if len(p.batch) > 0 {
			keys, args := l.scriptArgs(p.queue.room, p.batch, p.due)
			appends[i] = eval(pipe, ctx, script, keys, args...)
		}
		if p.read.AfterAppend {
			outcomes[i] = l.sendRead(ctx, pipe, p)
		}
	}
	_, _ = pipe.Exec(l.client.Confirmed(ctx)) // each command has its own error
	unknown := learn()
	for i, p := range parts {
		p.outcome = outcomes[i]()
		if p.read.Count > 0 && unknown != nil {
			p.outcome = Outcome{Err: unknown}
		}
		if appends[i] != nil {
			p.receive(appends[i])
		}
	}
}

// finish tells everybody what came of a part; the package comment has the steps.
func (l *Log) finish(p *part, took time.Duration) {
	var again, delivered bool
	if p.reader != nil {
		again, delivered = p.reader.End(p.outcome)
	}
	if p.err == nil {
		for i, m := range p.batch {
			if step := p.results[i].refused; step != capacity.Open {
				m.done(wire.Stored{}, l.opts.Capacity.Refuse(step))
			} else {
				m.done(p.results[i].stored, nil)
			}
		}
	}
	l.flushMembers(p, delivered, took)
	if p.err == nil {
		for _, m := range p.batch {
			m.send()
		}
	}
	fail(l.release(p, again), p.err)
}

// flushMembers has the room's members written to if something was delivered to them, now or
// before. It waits for the next reply instead, once, if that is near and this process is alone in
// the room: otherwise the others, which do not wait, would show to which process the next author
// is connected.
func (l *Log) flushMembers(p *part, delivered bool, took time.Duration) {
	q := p.queue
	l.mu.Lock()
	alone := p.outcome.Appended && !p.outcome.Notified
	wait := delivered && alone && q.held == nil && took < quickReply && len(q.messages) > 0
	if delivered {
		q.held = p.reader
	}
	l.mu.Unlock()
	if wait {
		time.AfterFunc(holdAtMost, func() { l.flushHeld(q) })
		return
	}
	l.flushHeld(q)
}

// flushHeld calls the Flush that waits, if there is one.
func (l *Log) flushHeld(q *queue) {
	l.mu.Lock()
	held := q.held
	q.held = nil
	l.mu.Unlock()
	if held != nil {
		held.Flush()
	}
}
