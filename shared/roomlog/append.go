package roomlog

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"chatter/shared/capacity"
	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"

	"github.com/redis/go-redis/v9"
)

//go:embed append.lua
var appendSource string

var appendScript = redis.NewScript(appendSource)

// message waits for Redis.
type message struct {
	nonce    wire.Nonce
	text     string
	deadline time.Time
	done     func(wire.Stored, error)
	send     func()
}

// Submit stores text in room, once for each nonce, and calls done exactly once, on any
// goroutine. The error is a capacity.Full, or wraps redisconn.ErrUnavailable after retries for
// Options.Patience; after the latter the message may or may not be stored: try again with the same
// nonce. Appends to one room are stored in the order of the calls, also when some are retried.
//
// send is called after done, when the members have been written to: an answer that done prepares
// may leave with what they get. It may be nil.
//
// done and send must not block. Submit waits for no answer to its own message, but it may work
// for the Log: then it blocks for one try at Redis, which takes 2 s at most, and not while Redis
// is known to be away.
func (l *Log) Submit(room name.Room, nonce wire.Nonce, text wire.Text, done func(wire.Stored, error), send func()) {
	if send == nil {
		send = func() {}
	}
	m := &message{nonce: nonce, text: text.String(), deadline: time.Now().Add(l.opts.Patience), done: done, send: send}
	lead, err := l.add(room, m)
	if err != nil {
		fail([]*message{m}, err)
	}
	if lead {
		l.lead()
	}
}

// Append is Submit that blocks until the message is done, or until ctx ends; the error then
// wraps redisconn.ErrUnavailable.
func (l *Log) Append(ctx context.Context, room name.Room, nonce wire.Nonce, text wire.Text) (wire.Stored, error) {
	type result struct {
		stored wire.Stored
		err    error
	}
	done := make(chan result, 1)
	l.Submit(room, nonce, text, func(s wire.Stored, err error) { done <- result{s, err} }, nil)
	select {
	case r := <-done:
		return r.stored, r.err
	case <-ctx.Done():
		return wire.Stored{}, redisconn.Unavailable("append", ctx.Err())
	}
}

// fail tells the senders that their messages may not be stored.
func fail(messages []*message, err error) {
	for _, m := range messages {
		m.done(wire.Stored{}, redisconn.Unavailable("append", err))
		m.send()
	}
}

// scriptArgs are the keys and arguments of append.lua for messages of one room.
func (l *Log) scriptArgs(room name.Room, batch []*message, due dueTrims) (keys []string, args []any) {
	channel, own := l.Channels(room)
	publish, maxText, step := "PUBLISH", wire.MaxTextBytes, l.opts.Capacity.Step()
	if l.client.Cluster() != nil {
		publish = "SPUBLISH"
	}
	if step >= capacity.ShortTexts {
		maxText = capacity.MaxShortBytes
	}
	var retention int64
	if due.age {
		retention = l.opts.Retention.Milliseconds()
	}
	// A message may be appended trimEvery after the expiry was set.
	expiry := (l.opts.Retention + 2*trimEvery).Milliseconds()
	maxBytes := 0
	if due.size {
		maxBytes = l.opts.MaxBytes
	}
	keys = append(make([]string, 0, 2+len(batch)), l.keys.log(room), l.keys.trimmed(room))
	args = append(make([]any, 0, 12+len(batch)),
		channel, publish, own, l.opts.MaxLen, NonceWindow.Milliseconds(), retention, expiry,
		maxBytes, maxText, step < capacity.NoNewRooms, wire.HistoryPage, l.client.Confirms())
	for _, m := range batch {
		keys = append(keys, l.keys.nonce(room, m.nonce))
		args = append(args, m.text)
	}
	return keys, args
}

// hashNonce gives nonces of all clients one shape: browsers, forms and classic
// clients make different ones, and Redis must not tell which client stored a
// message. 96 bits of a hash do not collide among the nonces of an hour.
func hashNonce(n wire.Nonce) string {
	sum := sha256.Sum256([]byte(n))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// result is what came of one message.
type result struct {
	stored  wire.Stored
	refused capacity.Step // it is not stored; Open if it is
}

// refusals are the script's answers to texts that it does not store.
var refusals = map[string]capacity.Step{"rooms": capacity.NoNewRooms, "long": capacity.ShortTexts, "memory": capacity.Exhausted}

// receive reads the answer of the script. Messages that too few replicas have are in the log, so
// the Reader is told of them, and they are sent again.
func (p *part) receive(cmd *redis.Cmd) {
	p.err = cmd.Err()
	if p.err != nil && !errors.Is(p.err, redisconn.ErrUnconfirmed) {
		return
	}
	list, _ := cmd.Val().([]any)
	if len(list) != 1+len(p.batch) {
		p.err = fmt.Errorf("append script answered %d lines for %d messages", len(list), len(p.batch))
		return
	}
	p.results = make([]result, len(p.batch))
	for i := range p.results {
		r, answer := &p.results[i], fmt.Sprint(list[1+i])
		if r.refused = refusals[answer]; r.refused != capacity.Open {
			continue
		}
		var id string
		var err error
		id, r.stored.Known = strings.CutSuffix(answer, " known")
		if r.stored.ID, err = wire.ParseID(id); err != nil {
			p.err = fmt.Errorf("append script answered ID %q: %w", id, err)
			return
		}
	}
	p.outcome.Appended, p.outcome.Notified = true, list[0] == int64(1)
}

// stored reports whether the script has stored a message of the part for the first time.
// Otherwise it has not trimmed.
func (p *part) stored() bool {
	return p.err == nil && slices.ContainsFunc(p.results, func(r result) bool {
		return r.refused == capacity.Open && !r.stored.Known
	})
}
