package roomlog

import (
	_ "embed"
	"fmt"

	"chatter/shared/name"
	"chatter/shared/wire"

	"github.com/redis/go-redis/v9"
)

//go:embed append.lua
var appendSource string

var appendScript = redis.NewScript(appendSource)

// scriptArgs are the script's keys and arguments for messages of one room.
func (l *Log) scriptArgs(room name.Room, batch []*pending) (keys []string, args []any) {
	keys = make([]string, 1, 1+len(batch))
	args = make([]any, 6, 6+len(batch))
	publish, own := "PUBLISH", l.ownChannel(l.keys.live(room))
	if l.client.Cluster() != nil {
		publish, own = "SPUBLISH", ""
	}
	keys[0] = l.keys.log(room)
	args[0], args[1], args[2] = l.keys.live(room), publish, own
	args[3], args[4], args[5] = l.opts.MaxLen, l.opts.Retention.Milliseconds(), l.opts.DedupeWindow.Milliseconds()
	for _, p := range batch {
		keys = append(keys, l.keys.nonce(room, p.nonce))
		args = append(args, p.text)
	}
	return keys, args
}

// Stored says where a message stands in the log.
type Stored struct {
	ID    wire.ID
	Prev  wire.ID // the entry before it; zero when there is none, or Known
	Known bool    // the nonce had been stored before, under ID
}

// parseAnswer reads the script's reply for n messages.
func parseAnswer(reply any, n int) ([]Stored, error) {
	list, ok := reply.([]any)
	if !ok || len(list) != 3*n {
		return nil, fmt.Errorf("append script answered %T for %d messages", reply, n)
	}
	stored := make([]Stored, n)
	for i := range stored {
		id, _ := list[3*i].(string)
		prev, _ := list[3*i+1].(string)
		known, _ := list[3*i+2].(string)
		var err error
		if stored[i].ID, err = wire.ParseID(id); err != nil {
			return nil, fmt.Errorf("append script answered ID %q: %w", id, err)
		}
		if stored[i].Known = known == "1"; stored[i].Known {
			continue
		}
		if stored[i].Prev, err = wire.ParseID(prev); err != nil {
			return nil, fmt.Errorf("append script answered predecessor %q: %w", prev, err)
		}
	}
	return stored, nil
}
