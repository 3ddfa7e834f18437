package roomlog

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
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

// AppendAsync stores text in room, once for each nonce, and calls done exactly once, on any
// goroutine. The error is a capacity.Full, or wraps redisconn.ErrUnavailable after retries for
// Options.Patience; after the latter the message may or may not be stored: try again with the same
// nonce. Appends to one room are stored in the order of the calls, also when some are retried.
//
// send is called after done, when the members have been written to: an answer that done prepares
// may leave with what they get. It may be nil.
//
// Neither function may block. AppendAsync itself may block for one try at Redis, which takes
// 2 s at most, and not while Redis is known to be away.
func (l *Log) AppendAsync(room name.Room, nonce wire.Nonce, text wire.Text, done func(wire.Stored, error), send func()) {
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

// Append is AppendAsync that blocks until the message is done, or until ctx ends; the error then
// wraps redisconn.ErrUnavailable.
func (l *Log) Append(ctx context.Context, room name.Room, nonce wire.Nonce, text wire.Text) (wire.Stored, error) {
	type result struct {
		stored wire.Stored
		err    error
	}
	done := make(chan result, 1)
	l.AppendAsync(room, nonce, text, func(s wire.Stored, err error) { done <- result{s, err} }, nil)
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
	reply, err := cmd.Result()
	unconfirmed := errors.Is(err, redisconn.ErrUnconfirmed)
	if err == nil || unconfirmed {
		p.results, p.outcome.Notified, err = parseAnswer(reply, len(p.batch))
	}
	p.outcome.Appended = err == nil
	if err == nil && unconfirmed {
		err = redisconn.ErrUnconfirmed
	}
	p.err = err
}

// parseAnswer reads the script's answer for n messages.
func parseAnswer(reply any, n int) (results []result, notified bool, err error) {
	list, ok := reply.([]any)
	if !ok || len(list) != 1+n {
		return nil, false, fmt.Errorf("append script answered %T for %d messages", reply, n)
	}
	results = make([]result, n)
	for i := range results {
		answer, _ := list[1+i].(string)
		if step, refused := refusals[answer]; refused {
			results[i].refused = step
			continue
		}
		id, known := strings.CutSuffix(answer, " known")
		results[i].stored.Known = known
		if results[i].stored.ID, err = wire.ParseID(id); err != nil {
			return nil, false, fmt.Errorf("append script answered ID %q: %w", id, err)
		}
	}
	return results, list[0] == int64(1), nil
}
