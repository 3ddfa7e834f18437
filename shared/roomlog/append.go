package roomlog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"
)

const (
	// Pipelines under way. While Redis syncs what came with one, others come in:
	// with four, a wsd stores a tenth more a second than with two, which is where
	// the processor ends.
	maxCommitting = 4
	// Whoever appends sends it off, if nobody has done so for this long: to
	// wake a goroutine costs as much as to prepare a pipeline. One who says a lot
	// at once is not held up by it.
	leadEvery = 500 * time.Microsecond
	// When a room's next messages are waiting already and Redis answers as fast as
	// this, the members are written to once for both. In a busy room of a thousand
	// that halves the writes.
	quickAnswer = 2 * time.Millisecond
	// They wait no longer than this if that answer is late.
	holdAtMost = 10 * time.Millisecond
	// Larger pipelines gain little and hold up those who came later.
	maxPipeline = 128
	// What may wait while Redis is away, over all rooms. Past it, an append
	// fails at once instead of filling the memory.
	maxWaiting      = 20_000
	maxWaitingBytes = 32 << 20

	minRetry = 20 * time.Millisecond
	maxRetry = 500 * time.Millisecond
)

var errFull = errors.New("too many messages are waiting for Redis")

// pending is a message that waits for Redis.
type pending struct {
	nonce    wire.Nonce
	text     string
	deadline time.Time
	done     func(Stored, error)
}

// roomQueue holds the messages of one room that wait, oldest first. At most
// one pipeline has a room's messages under way: a failed batch goes back to the
// front before anything later is sent, so retries never reorder.
type roomQueue struct {
	room    name.Room
	waiting []*pending
	busy    bool // it is being committed, or sits out a delay
	delay   time.Duration

	held    bool        // something was delivered and its Flush is owed
	holding *time.Timer // pays it when the next answer is late; nil before the first
}

// appender commits what waits, many rooms in one pipeline, many messages of a
// room in one script call.
type appender struct {
	log *Log

	mu      sync.Mutex
	closed  bool
	rooms   map[string]*roomQueue // by key; only rooms with something waiting or under way
	ready   []*roomQueue          // not busy, something waiting
	waiting int
	bytes   int

	committing int       // goroutines that commit what is ready
	led        time.Time // when an appending goroutine was last one of them
	troubled   bool      // the last try failed
	running    sync.WaitGroup
	ctx        context.Context
	stop       context.CancelFunc
}

func newAppender(l *Log) *appender {
	ctx, stop := context.WithCancel(context.Background())
	return &appender{log: l, rooms: make(map[string]*roomQueue), ctx: ctx, stop: stop}
}

// Append stores text in room, once for each nonce, and returns where. It
// blocks until Redis has the message, until ctx ends, or until it has retried
// for Options.Patience; the error then wraps redisconn.ErrUnavailable, and
// the message may or may not be stored: try again with the same nonce.
// Appends of one caller to one room that do not overlap keep their order.
func (l *Log) Append(ctx context.Context, room name.Room, nonce wire.Nonce, text wire.Text) (Stored, error) {
	type result struct {
		stored Stored
		err    error
	}
	done := make(chan result, 1)
	l.AppendAsync(room, nonce, text, func(s Stored, err error) { done <- result{s, err} })
	select {
	case r := <-done:
		return r.stored, r.err
	case <-ctx.Done():
		return Stored{}, redisconn.Unavailable("append", ctx.Err())
	}
}

// AppendAsync is Append that calls done, on any goroutine, exactly once. Appends
// to one room are stored in the order of the calls, whatever is retried. done
// must not block. AppendAsync itself may block for one try at Redis, which takes
// some seconds at most, and not while Redis is known to be away.
func (l *Log) AppendAsync(room name.Room, nonce wire.Nonce, text wire.Text, done func(Stored, error)) {
	p := &pending{nonce: nonce, text: text.String(), deadline: time.Now().Add(l.opts.Patience), done: done}
	lead, err := l.appender.enqueue(room, p)
	if err != nil {
		done(Stored{}, redisconn.Unavailable("append", err))
	}
	if lead {
		l.appender.lead()
	}
}

// enqueue has p committed, by the caller if it is to lead.
func (a *appender) enqueue(room name.Room, p *pending) (lead bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return false, context.Canceled
	}
	if a.waiting >= maxWaiting || a.bytes+len(p.text) > maxWaitingBytes {
		return false, errFull
	}
	a.waiting++
	a.bytes += len(p.text)
	q := a.rooms[room.Key()]
	if q == nil {
		q = &roomQueue{room: room}
		a.rooms[room.Key()] = q
	}
	q.waiting = append(q.waiting, p)
	if !q.busy && len(q.waiting) == 1 {
		a.ready = append(a.ready, q)
	}
	if !a.startLocked() {
		return false, nil
	}
	now := time.Now()
	if a.troubled || now.Sub(a.led) < leadEvery {
		go a.commitAll()
		return false, nil
	}
	a.led = now
	return true, nil
}

// startLocked reports whether one more may commit what is ready, and counts it. The
// caller must see to it.
func (a *appender) startLocked() bool {
	if len(a.ready) == 0 || a.committing == maxCommitting {
		return false
	}
	a.committing++
	a.running.Add(1)
	return true
}

func (a *appender) readyLocked(q *roomQueue) {
	a.ready = append(a.ready, q)
	if a.startLocked() {
		go a.commitAll()
	}
}

// job is what one script call takes of a room.
type job struct {
	queue *roomQueue
	batch []*pending
}

// takeLocked takes up to a pipeline of messages and marks their rooms busy.
func (a *appender) takeLocked() (jobs []job) {
	for n := 0; len(a.ready) > 0 && n < maxPipeline; {
		q := a.ready[0]
		a.ready[0] = nil
		a.ready = a.ready[1:]
		batch := q.waiting[:min(len(q.waiting), maxPipeline-n)]
		q.waiting = q.waiting[len(batch):]
		q.busy = true
		jobs = append(jobs, job{q, batch})
		n += len(batch)
	}
	return jobs
}

// close makes whatever waits fail.
func (a *appender) close() {
	a.stop()
	a.mu.Lock()
	a.closed = true
	var left []*pending
	for _, q := range a.rooms {
		left = append(left, q.waiting...)
		q.waiting = nil
	}
	a.ready = nil
	a.mu.Unlock()
	for _, p := range left {
		p.done(Stored{}, redisconn.Unavailable("append", context.Canceled))
	}
	a.running.Wait()
}

func (l *Log) describe(p *pending, err error) error {
	return redisconn.Unavailable(fmt.Sprintf("append (retried for %v)", l.opts.Patience), err)
}
