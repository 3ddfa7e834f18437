package roomlog

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"chatter/shared/capacity"
	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"

	"github.com/redis/go-redis/v9"
)

//go:embed append.lua
var appendSource string

var appendScript = redis.NewScript(appendSource)

// scriptArgs are the script's keys and arguments for messages of one room.
func (l *Log) scriptArgs(room name.Room, batch []*pending, due dueTrims) (keys []string, args []any) {
	keys = append(make([]string, 0, 2+len(batch)), l.keys.log(room), l.keys.trimmed(room))
	channel, own := l.Channels(room)
	publish, retention, most, closed, confirmed := "PUBLISH", any(""), any(""), "", ""
	if l.client.Cluster() != nil {
		publish = "SPUBLISH"
	}
	if due.age {
		retention = l.opts.Retention.Milliseconds()
	}
	if due.size {
		most = l.opts.MaxBytes
	}
	if l.client.Confirms() {
		confirmed = "1"
	}
	longest, step := wire.MaxTextBytes, l.opts.Capacity.Step()
	if step >= capacity.NoNewRooms {
		closed = "1"
	}
	if step >= capacity.ShortTexts {
		longest = capacity.MaxShortBytes
	}
	args = append(make([]any, 0, 12+len(batch)),
		channel, publish, own, l.opts.MaxLen, l.opts.DedupeWindow.Milliseconds(),
		// A message may be appended trimEvery after the expiry was set.
		retention, (l.opts.Retention + 2*trimEvery).Milliseconds(), most, longest, closed, wire.HistoryPage, confirmed)
	for _, p := range batch {
		keys = append(keys, l.keys.nonce(room, p.nonce))
		args = append(args, p.text)
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

// Stored says where a message stands in the log.
type Stored struct {
	ID    wire.ID
	Known bool // the nonce had been stored before, under ID

	refused capacity.Step // it is not stored; Open if it is
}

// refusals are the script's answers to texts that it does not store.
var refusals = map[string]capacity.Step{"rooms": capacity.NoNewRooms, "long": capacity.ShortTexts, "memory": capacity.Exhausted}

// receive reads the answer of the append script. Messages that too few replicas have are in
// the log, so the follower is told of them, and they are sent again.
func (j *job) receive(cmd *redis.Cmd) {
	reply, err := cmd.Result()
	unconfirmed := errors.Is(err, redisconn.ErrUnconfirmed)
	if err == nil || unconfirmed {
		j.stored, j.notified, err = parseAnswer(reply, len(j.batch))
	}
	j.outcome.Appended = err == nil
	j.outcome.Notified = j.notified
	if err == nil && unconfirmed {
		err = redisconn.ErrUnconfirmed
	}
	j.err = err
}

// parseAnswer reads the script's reply for n messages.
func parseAnswer(reply any, n int) (stored []Stored, notified bool, err error) {
	list, ok := reply.([]any)
	if !ok || len(list) != 1+n {
		return nil, false, fmt.Errorf("append script answered %T for %d messages", reply, n)
	}
	stored = make([]Stored, n)
	for i := range stored {
		answer, _ := list[1+i].(string)
		if step, refused := refusals[answer]; refused {
			stored[i].refused = step
			continue
		}
		id, known := strings.CutSuffix(answer, " known")
		stored[i].Known = known
		if stored[i].ID, err = wire.ParseID(id); err != nil {
			return nil, false, fmt.Errorf("append script answered ID %q: %w", id, err)
		}
	}
	return stored, list[0] == int64(1), nil
}
