package main

import (
	"context"
	"fmt"
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

// run reads all logs until ctx ends, often enough that no unread entry is trimmed.
func (r *recorder) run(ctx context.Context) {
	for guest.Pause(ctx, 2*time.Second) {
		_ = r.read(ctx) // While Redis is away it fails; the next call reads the entries.
	}
}

// read brings every record up to date.
func (r *recorder) read(ctx context.Context) error {
	for _, record := range r.rooms {
		if err := r.readRoom(ctx, record); err != nil {
			return fmt.Errorf("read a log: %w", err)
		}
	}
	return nil
}

// wholeLog is far more than a room keeps.
const wholeLog = 100_000

func (r *recorder) readRoom(ctx context.Context, record *roomRecord) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	var last wire.ID
	if n := len(record.entries); n > 0 {
		last = record.entries[n-1].id
	}
	entries, gap, err := r.log.After(ctx, record.room, last, wholeLog)
	if err != nil {
		return err
	}
	if gap {
		// The log went back in time: it has lost its last entries.
		if entries, _, err = r.log.After(ctx, record.room, wire.ID{}, wholeLog); err != nil {
			return err
		}
		record.goBack(entries)
	}
	for _, e := range entries {
		from, seq := parseText(e.Text)
		record.entries = append(record.entries, logged{e.ID, from, seq})
	}
	return nil
}

// goBack removes the entries that the log has lost, and those that the caller appends again.
func (r *roomRecord) goBack(entries []roomlog.Entry) {
	stands := make(map[wire.ID]bool, len(entries))
	for _, e := range entries {
		stands[e.ID] = true
	}
	var kept []logged
	for _, e := range r.entries {
		if len(entries) > 0 && e.id.Compare(entries[0].ID) < 0 {
			kept = append(kept, e) // trimmed by now
		} else if !stands[e.id] {
			r.vanished = append(r.vanished, e)
		}
	}
	r.entries = kept
}
