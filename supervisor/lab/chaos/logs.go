package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
)

// roomRecord is the whole log of a room, of which Redis keeps the newest part.
type roomRecord struct {
	room    name.Room
	entries []logged
	// What once stood in the log and was gone later although nothing newer was kept.
	vanished []logged
}

type logged struct {
	id        wire.ID
	from, seq int // zero for what no guest of ours has said
}

// recorder reads the logs as they grow, past wsd. Owned by one goroutine at a time.
type recorder struct {
	client *redisconn.Client
	log    *roomlog.Log
	rooms  []*roomRecord
}

func newRecorder(redis string, rooms []name.Room) (*recorder, error) {
	client, err := redisconn.Open(redis)
	if err != nil {
		return nil, err
	}
	r := &recorder{client: client, log: roomlog.New(client, roomlog.Options{})}
	for _, room := range rooms {
		r.rooms = append(r.rooms, &roomRecord{room: room})
	}
	return r, nil
}

func (r *recorder) close() {
	r.log.Close()
	r.client.Close()
}

// run reads all logs every now and then until ctx ends: often enough that nothing is
// trimmed unread.
func (r *recorder) run(ctx context.Context) {
	for pause(ctx, 2*time.Second) {
		_ = r.read(ctx) // Redis is away; the next reading brings it.
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

// Far more than a room keeps.
const wholeLog = 100_000

func (r *recorder) readRoom(ctx context.Context, record *roomRecord) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	var last wire.ID
	if n := len(record.entries); n > 0 {
		last = record.entries[n-1].id
	}
	entries, stands, err := r.log.After(ctx, record.room, last, wholeLog)
	if err != nil {
		return err
	}
	if !stands && !last.IsZero() {
		// The log went back in time: what was read is only true up to some entry.
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

// goBack drops what does not stand in the log any more, and what entries will bring.
func (r *roomRecord) goBack(entries []roomlog.Entry) {
	stands := make(map[wire.ID]bool, len(entries))
	first := wire.ID{Ms: math.MaxUint64}
	for _, e := range entries {
		stands[e.ID] = true
		if e.ID.Compare(first) < 0 {
			first = e.ID
		}
	}
	var kept []logged
	for _, e := range r.entries {
		if e.id.Compare(first) < 0 && len(entries) > 0 {
			kept = append(kept, e) // trimmed by now
		} else if !stands[e.id] {
			r.vanished = append(r.vanished, e)
		}
	}
	r.entries = kept
}
