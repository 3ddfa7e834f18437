package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
	"chatter/supervisor/lab/guest"
)

// roomRecord is the whole log of a room. Redis keeps its newest part.
type roomRecord struct {
	room     name.Room
	entries  []logged
	vanished []logged // were in the log once, and are not, although they are not too old
}

type logged struct {
	id        wire.ID
	from, seq int // zero for a text that is not from textOf
}

// recorder reads the growing logs from Redis, without wsd. One goroutine owns it at a time.
type recorder struct {
	client *redisconn.Client
	log    *roomlog.Log
	rooms  []*roomRecord
}

func newRecorder(redis string, rooms int) (*recorder, error) {
	client, err := redisconn.Open(redis)
	if err != nil {
		return nil, err
	}
	r := &recorder{client: client, log: roomlog.New(client, roomlog.Options{})}
	for i := range rooms {
		room, err := name.ParseRoom(fmt.Sprintf("Room %d", i))
		if err != nil {
			return nil, err
		}
		r.rooms = append(r.rooms, &roomRecord{room: room})
	}
	return r, nil
}

func (r *recorder) close() {
	r.log.Close()
	r.client.Close()
}

// path is the path of a room's page on the site.
func (r *recorder) path(room int) string { return strings.TrimPrefix(r.rooms[room].room.Path(), "/") }

// run reads all logs until ctx ends, often enough that no unread entry is trimmed: a room keeps
// at least keptEntries.
func (r *recorder) run(ctx context.Context) {
	for guest.Pause(ctx, 2*time.Second) {
		_ = r.read(ctx) // While Redis is away it fails; the next call reads the entries.
	}
}

// read brings every record up to date.
func (r *recorder) read(ctx context.Context) error {
	for _, record := range r.rooms {
		bounded, cancel := context.WithTimeout(ctx, 2*time.Second)
		entries, err := r.log.Last(bounded, record.room, wholeLog)
		cancel()
		if err != nil {
			return fmt.Errorf("read a log: %w", err)
		}
		record.update(entries)
	}
	return nil
}

// wholeLog is far more than a room keeps.
const wholeLog = 100_000

// update replaces the newest part of the record by the entries that Redis has. Entries that are
// older than these were trimmed. The others that Redis does not have any more have vanished.
func (r *roomRecord) update(entries []wire.Entry) {
	stored := make(map[wire.ID]bool, len(entries))
	for _, e := range entries {
		stored[e.ID] = true
	}
	var kept []logged
	for _, e := range r.entries {
		if len(entries) > 0 && e.id.Compare(entries[0].ID) < 0 {
			kept = append(kept, e)
		} else if !stored[e.id] {
			r.vanished = append(r.vanished, e)
		}
	}
	for _, e := range entries {
		from, seq := parseText(e.Text)
		kept = append(kept, logged{e.ID, from, seq})
	}
	r.entries = kept
}
