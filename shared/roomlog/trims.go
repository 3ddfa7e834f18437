package roomlog

import (
	"maps"
	"sync"
	"time"
)

const (
	// Trimming by age with each message would cost Redis a tenth of it.
	trimEvery = time.Minute
	// After this part of Options.MaxBytes, 16 KiB, a process has a log measured. Each process
	// may be so far beyond MaxBytes: with ten of them, a log takes 1.25 MiB at most.
	measurePart = 64
	// Rooms beyond this are trimmed more often than necessary.
	maxTrims = 1 << 15
)

// trims knows when this process last trimmed which log.
type trims struct {
	measureEvery int // bytes

	mu     sync.Mutex
	rooms  map[string]trimmed // by room key
	purged time.Time          // when rooms in which nothing is said were last forgotten
}

// trimmed is what happened to one log.
type trimmed struct {
	at    time.Time // of the last trimming by age
	bytes int       // appended by this process since the log was measured
}

// dueTrims is what an append does beside.
type dueTrims struct{ age, size bool }

// due reports what to do with an append of so many bytes to the room's log, and notes that it is
// done.
func (t *trims) due(key string, bytes int, now time.Time) (due dueTrims) {
	t.mu.Lock()
	defer t.mu.Unlock()
	room, ok := t.rooms[key]
	if !ok && len(t.rooms) >= maxTrims {
		clear(t.rooms)
	}
	if now.Sub(t.purged) >= trimEvery {
		t.purged = now
		maps.DeleteFunc(t.rooms, func(_ string, room trimmed) bool { return now.Sub(room.at) >= trimEvery })
	}
	room.bytes += bytes
	if due.age = !ok || now.Sub(room.at) >= trimEvery; due.age {
		room.at = now
	}
	if due.size = due.age || room.bytes >= t.measureEvery; due.size {
		room.bytes = 0
	}
	t.rooms[key] = room
	return due
}

// undo has the next append trim, because one has failed.
func (t *trims) undo(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.rooms, key)
}
