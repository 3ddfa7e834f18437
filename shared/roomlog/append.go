package roomlog

import (
	"context"
	"fmt"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"
)

// pending is a message that waits for Redis.
type pending struct {
	nonce    wire.Nonce
	text     string
	deadline time.Time
	done     func(Stored, error)
	flush    func() // nil for none
}

// fail is the end of a message that may not be stored.
func (p *pending) fail(err error) {
	p.done(Stored{}, err)
	if p.flush != nil {
		p.flush()
	}
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

// AppendAsync is Append that calls done, on any goroutine, exactly once. Appends to
// one room are stored in the order of the calls, also when some are retried. done
// must not block. AppendAsync itself may block for one try at Redis, which takes
// some seconds at most, and not while Redis is known to be away.
func (l *Log) AppendAsync(room name.Room, nonce wire.Nonce, text wire.Text, done func(Stored, error)) {
	l.AppendAndFlush(room, nonce, text, done, nil)
}

// AppendAndFlush is AppendAsync that calls flush after done, when the followers have been
// written to: an answer that done prepares may leave with what they get.
func (l *Log) AppendAndFlush(room name.Room, nonce wire.Nonce, text wire.Text, done func(Stored, error), flush func()) {
	p := &pending{nonce: nonce, text: text.String(), deadline: time.Now().Add(l.opts.Patience), done: done, flush: flush}
	lead, err := l.committer.add(room, p)
	if err != nil {
		p.fail(redisconn.Unavailable("append", err))
	}
	if lead {
		l.committer.lead()
	}
}

// fail tells the senders that their messages may not be stored.
func (l *Log) fail(late []*pending, err error) {
	for _, p := range late {
		p.fail(redisconn.Unavailable(fmt.Sprintf("append (retried for %v)", l.opts.Patience), err))
	}
}
