package roomlog

import (
	"context"
	"errors"
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
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
	maxWaiting      = 20_000
	maxWaitingBytes = 32 << 20

	// leadEvery limits how often the appending goroutine commits a pipeline itself.
	// Waking another goroutine costs about as much as a commit: without this, a
	// delivery in 500 quiet rooms costs an eighth more. A client that sends many
	// messages at once must not wait for commits.
	leadEvery = 500 * time.Microsecond

	minRetry = 20 * time.Millisecond
	maxRetry = 500 * time.Millisecond
)

var errFull = errors.New("too many messages are waiting for Redis")

// queueState is where a room's queue stands; the package comment has the diagram.
type queueState uint8

const (
	ready      queueState = iota // in committer.ready
	committing                   // a pipeline has its messages and its read
	delayed                      // the last pipeline failed; a timer makes it ready
)

func (s queueState) String() string { return [...]string{"ready", "committing", "delayed"}[s] }

// queue is the work of one room. At most one pipeline has messages of a room: a
// failed batch goes back to the front before anything later is sent, so retries
// never reorder.
type queue struct {
	room    name.Room
	state   queueState
	waiting []*pending // oldest first
	dirty   bool       // a read is asked for
	delay   time.Duration
	owed    func() // a Flush that waits for the next answer; nil for none
}

// committer sends what the queues hold, many rooms in one pipeline, many messages
// of a room in one script call.
type committer struct {
	log *Log

	mu       sync.Mutex
	closed   bool
	follower Follower          // nil for none
	queues   map[string]*queue // by room key
	ready    []*queue
	workers  int
	led      time.Time // when a caller of add was last a worker
	failing  bool      // the last pipeline failed
	waiting  int       // messages that wait or are under way
	bytes    int       // of their texts
	replies  int       // bytes that the replies under way may have

	running sync.WaitGroup
	ctx     context.Context
	stop    context.CancelFunc
}

func newCommitter(l *Log) *committer {
	ctx, stop := context.WithCancel(context.Background())
	return &committer{log: l, queues: make(map[string]*queue), ctx: ctx, stop: stop}
}

func (c *committer) follow(f Follower) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.follower = f
}

// add queues a message. If lead is true, the caller is a worker from now on.
func (c *committer) add(room name.Room, p *pending) (lead bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return false, context.Canceled
	case c.waiting >= maxWaiting || c.bytes+len(p.text) > maxWaitingBytes:
		return false, errFull
	}
	c.waiting++
	c.bytes += len(p.text)
	q := c.queueLocked(room)
	q.waiting = append(q.waiting, p)
	now := time.Now()
	if c.failing || now.Sub(c.led) < leadEvery || c.workers == maxWorkers || !c.workLocked() {
		c.startLocked()
		return false, nil
	}
	c.led = now
	c.workers++
	c.running.Add(1)
	return true, nil
}

// read marks a room's queue dirty.
func (c *committer) read(room name.Room) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.queueLocked(room).dirty = true
	c.startLocked()
}

// queueLocked finds or makes the room's queue. A new one is ready.
func (c *committer) queueLocked(room name.Room) *queue {
	q := c.queues[room.Key()]
	if q == nil {
		q = &queue{room: room}
		c.queues[room.Key()] = q
		c.ready = append(c.ready, q)
	}
	return q
}

// startLocked starts a worker if there is work for one more.
func (c *committer) startLocked() {
	if c.workers < maxWorkers && c.workLocked() {
		c.workers++
		c.running.Go(c.work)
	}
}

// workLocked reports whether a worker could take something. A reply of any size
// that a Follower may ask for must fit among those under way.
func (c *committer) workLocked() bool {
	const largest = (MaxRead + 1) * entryBytes
	return !c.closed && len(c.ready) > 0 && c.replies+largest <= maxReplyBytes
}

// job is the part of a pipeline that belongs to one room.
type job struct {
	queue *queue
	batch []*pending
	due   dueTrims
	read  *Read // nil for a room that is not followed

	stored   []Stored
	err      error // of the append
	notified bool
	outcome  Outcome
}

// take takes a pipeline's worth of the ready queues, and ends the worker when there
// is nothing to take.
func (c *committer) take() (jobs []*job) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for n := 0; n < maxPipeline && c.workLocked(); {
		q := c.ready[0]
		c.ready[0] = nil
		c.ready = c.ready[1:]
		batch := q.waiting[:batchLen(q.waiting, maxPipeline-n)]
		q.waiting = q.waiting[len(batch):]
		j := &job{queue: q, batch: batch}
		if c.follower != nil && (len(batch) > 0 || q.dirty) {
			j.read = c.follower.Begin(q.room, len(batch), q.dirty)
		}
		q.state, q.dirty = committing, false
		if len(batch) == 0 && j.read == nil {
			c.releaseLocked(q, 0)
			continue
		}
		c.replies += j.read.replyBytes()
		jobs = append(jobs, j)
		n += max(len(batch), 1)
	}
	if len(jobs) == 0 {
		c.workers--
	}
	return jobs
}

// batchLen returns how many of the waiting messages one call of the script takes: at most
// most, and at most maxBatchBytes but at least one, if there is one.
func batchLen(waiting []*pending, most int) (n int) {
	for bytes := 0; n < min(len(waiting), most); n++ {
		if bytes += len(waiting[n].text); bytes > maxBatchBytes && n > 0 {
			break
		}
	}
	return n
}

func bytesOf(batch []*pending) (bytes int) {
	for _, p := range batch {
		bytes += len(p.text)
	}
	return bytes
}

// releaseLocked ends the state committing.
func (c *committer) releaseLocked(q *queue, delay time.Duration) {
	q.delay = delay
	switch {
	case len(q.waiting) == 0 && !q.dirty:
		delete(c.queues, q.room.Key())
	case delay == 0:
		q.state = ready
		c.ready = append(c.ready, q)
	default:
		q.state = delayed
		time.AfterFunc(delay, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			q.state = ready
			c.ready = append(c.ready, q)
			c.startLocked()
		})
	}
}

// close makes whatever waits fail.
func (c *committer) close() {
	c.stop()
	c.mu.Lock()
	c.closed = true
	var left []*pending
	for _, q := range c.queues {
		left = append(left, q.waiting...)
		q.waiting = nil
	}
	c.mu.Unlock()
	for _, p := range left {
		p.fail(redisconn.Unavailable("append", context.Canceled))
	}
	c.running.Wait()
}
