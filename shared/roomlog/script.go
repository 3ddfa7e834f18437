package roomlog

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"

	"chatter/shared/name"
	"chatter/shared/wire"

	"github.com/redis/go-redis/v9"
)

//go:embed append.lua
var appendSource string

var appendScript = redis.NewScript(appendSource)

// scriptArgs are the script's keys and arguments for messages of one room.
func (l *Log) scriptArgs(room name.Room, batch []*pending, trim bool) (keys []string, args []any) {
	keys = make([]string, 1, 1+len(batch))
	args = make([]any, 7, 7+len(batch))
	channel, own := l.Channels(room)
	publish, retention := "PUBLISH", any("")
	if l.client.Cluster() != nil {
		publish = "SPUBLISH"
	}
	if trim {
		retention = l.opts.Retention.Milliseconds()
	}
	keys[0] = l.keys.log(room)
	args[0], args[1], args[2] = channel, publish, own
	args[3], args[4] = l.opts.MaxLen, l.opts.DedupeWindow.Milliseconds()
	// A message may be appended trimEvery after the expiry was set.
	args[5], args[6] = retention, (l.opts.Retention + 2*trimEvery).Milliseconds()
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
		id, known := strings.CutSuffix(answer, " known")
		stored[i].Known = known
		if stored[i].ID, err = wire.ParseID(id); err != nil {
			return nil, false, fmt.Errorf("append script answered ID %q: %w", id, err)
		}
	}
	return stored, list[0] == int64(1), nil
}
