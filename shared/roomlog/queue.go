package roomlog

import (
	"context"
	"errors"
	"slices"
	"time"

	"chatter/shared/name"
)

const (
	// Pipelines under way. While Redis syncs what came with one, others come in:
	// with four, a wsd stores a tenth more a second than with two.
	maxWorkers = 4
	// Messages and reads in one pipeline. Larger ones gain little and delay later
	// messages.
	maxPipeline = 128
	// Bytes of the messages of one room in one pipeline: few enough that a log that is
	// trimmed by its size keeps what the processes have not read yet.
	maxBatchBytes = 256 << 10
	// How many messages may wait while Redis is away, over all rooms, and how many bytes
	// they may have. Past these bounds an append fails at once instead of filling the memory.
	maxQueued      = 20_000
	maxQueuedBytes = 32 << 20

	// leadEvery limits how often the appending goroutine commits a pipeline itself.
	// Waking another goroutine costs about as much as a commit: without this, a
	// delivery in 500 quiet rooms costs an eighth more. A client that sends many
	// messages at once must not wait for commits.
	leadEvery = 500 * time.Microsecond

	minRetry = 20 * time.Millisecond
	maxRetry = 500 * time.Millisecond
)

var errFull = errors.New("too many messages are waiting for Redis")

// queue is the work of one room; the package comment draws its states. At most one pipeline has
// messages of a room: a failed batch goes back to the front before anything later is sent, so
// retries never reorder.
type queue struct {
	room     name.Room
	messages []*message // that wait, oldest first
	dirty    bool       // MarkDirty was called
	delay    time.Duration
	held     Reader // its Flush waits for the next reply; nil for none
}

// part is the part of a pipeline that belongs to one room.
type part struct {
	queue  *queue
	batch  []*message
	due    dueTrims
	reader Reader // nil for a room that is not followed
	read   Read

	results []result // of the batch
	err     error    // of the append
	outcome Outcome
}

// add queues a message. If lead is true, the caller is a worker from now on.
func (l *Log) add(room name.Room, m *message) (lead bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return false, context.Canceled
	case l.queued >= maxQueued || l.queuedBytes+len(m.text) > maxQueuedBytes:
		return false, errFull
	}
	l.queued++
	l.queuedBytes += len(m.text)
	q := l.queueLocked(room)
	q.messages = append(q.messages, m)
	now := time.Now()
	if l.failing || now.Sub(l.led) < leadEvery || l.workers == maxWorkers || !l.workLocked() {
		l.startLocked()
		return false, nil
	}
	l.led = now
	l.workers++
	l.running.Add(1)
	return true, nil
}

// MarkDirty has room read soon, if it is followed. It does not block.
func (l *Log) MarkDirty(room name.Room) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.queueLocked(room).dirty = true
	l.startLocked()
}

// queueLocked finds or makes the room's queue. A new one is ready.
func (l *Log) queueLocked(room name.Room) *queue {
	q := l.queues[room.Key()]
	if q == nil {
		q = &queue{room: room}
		l.queues[room.Key()] = q
		l.ready = append(l.ready, q)
	}
	return q
}

// startLocked starts a worker if there is work for one more.
func (l *Log) startLocked() {
	if l.workers < maxWorkers && l.workLocked() {
		l.workers++
		l.running.Go(l.work)
	}
}

// workLocked reports whether a worker could take something. A reply of any size
// that a Reader may ask for must fit among those under way.
func (l *Log) workLocked() bool {
	const largest = (MaxRead + 1) * entryBytes
	return !l.closed && len(l.ready) > 0 && l.replyBytes+largest <= maxReplyBytes
}

// collect takes a pipeline's worth from the ready queues, and ends the worker when there is
// nothing to take.
func (l *Log) collect() (parts []*part) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n := 0; n < maxPipeline && l.workLocked(); {
		q := l.ready[0]
		l.ready[0] = nil
		l.ready = l.ready[1:]
		p := &part{queue: q, batch: q.messages[:batchLen(q.messages, maxPipeline-n)]}
		q.messages = q.messages[len(p.batch):]
		if l.readers != nil {
			p.reader = l.readers(q.room)
		}
		if p.reader != nil {
			p.read = p.reader.Begin(len(p.batch), q.dirty)
		}
		q.dirty = false
		if len(p.batch) == 0 && p.read.Count == 0 {
			l.releaseLocked(q, 0)
			continue
		}
		l.replyBytes += p.read.replyBytes()
		parts = append(parts, p)
		n += max(len(p.batch), 1)
	}
	if len(parts) == 0 {
		l.workers--
	}
	return parts
}

// batchLen returns how many of the waiting messages one call of the script takes: at most
// most, and at most maxBatchBytes but at least one, if there is one.
func batchLen(waiting []*message, most int) (n int) {
	for bytes := 0; n < min(len(waiting), most); n++ {
		if bytes += len(waiting[n].text); bytes > maxBatchBytes && n > 0 {
			break
		}
	}
	return n
}

func bytesOf(batch []*message) (bytes int) {
	for _, m := range batch {
		bytes += len(m.text)
	}
	return bytes
}

// release gives a room's queue back. The messages of a failed append stand first again, but for
// those that are late, which it returns. A failed append may have stored them without an answer,
// so the room is read.
func (l *Log) release(p *part, again bool) (late []*message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := p.queue
	if p.err == nil {
		l.uncountLocked(p.batch)
	} else {
		q.messages = slices.Concat(p.batch, q.messages)
		late = l.lateLocked(q)
	}
	clear(p.batch) // the queue's memory lives on
	failed := p.err != nil || p.outcome.Err != nil
	if p.reader != nil {
		l.replyBytes -= p.read.replyBytes()
		q.dirty = q.dirty || again || failed
	}
	delay := time.Duration(0)
	if failed {
		delay = min(max(2*q.delay, minRetry), maxRetry)
	}
	l.releaseLocked(q, delay) // the worker takes it, or ends when there is nothing
	return late
}

// releaseLocked makes a queue ready after the delay, or removes it if there is nothing to do.
func (l *Log) releaseLocked(q *queue, delay time.Duration) {
	q.delay = delay
	switch {
	case len(q.messages) == 0 && !q.dirty:
		delete(l.queues, q.room.Key())
	case delay == 0:
		l.ready = append(l.ready, q)
	default:
		time.AfterFunc(delay, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.ready = append(l.ready, q)
			l.startLocked()
		})
	}
}

// failLate fails the messages that have waited too long behind others. Each try at a Redis that
// hangs takes its time; the messages behind it must not wait for several tries.
func (l *Log) failLate(err error) {
	l.mu.Lock()
	var late []*message
	for _, q := range l.queues {
		late = append(late, l.lateLocked(q)...)
	}
	l.mu.Unlock()
	fail(late, err)
}

// lateLocked takes the messages from a queue whose deadline is over, all of them after Close.
func (l *Log) lateLocked(q *queue) (late []*message) {
	now, n := time.Now(), 0
	for n < len(q.messages) && (l.closed || !q.messages[n].deadline.After(now)) {
		n++
	}
	late = q.messages[:n]
	q.messages = slices.Clone(q.messages[n:])
	l.uncountLocked(late)
	return late
}

// uncountLocked ends the waiting of messages.
func (l *Log) uncountLocked(messages []*message) {
	l.queued -= len(messages)
	l.queuedBytes -= bytesOf(messages)
}
