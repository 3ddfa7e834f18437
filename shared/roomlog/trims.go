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
	purged time.Time
}

// trimmed is what happened to one log.
type trimmed struct {
	at    time.Time // of the last trimming by age
	bytes int       // appended by this process since the log was measured
}

// dueTrims is what an append does beside.
type dueTrims struct {
	age, size bool
	bytes     int // of the appended texts
}

// due reports what to do with an append of so many bytes to the room's log.
func (t *trims) due(key string, bytes int, now time.Time) dueTrims {
	t.mu.Lock()
	defer t.mu.Unlock()
	room, ok := t.rooms[key]
	age := !ok || now.Sub(room.at) >= trimEvery
	return dueTrims{age: age, size: age || room.bytes+bytes >= t.measureEvery, bytes: bytes}
}

// done notes that an append has done what was due.
func (t *trims) done(key string, d dueTrims, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rooms == nil || len(t.rooms) >= maxTrims {
		t.rooms = make(map[string]trimmed)
	}
	if now.Sub(t.purged) >= trimEvery {
		t.purged = now
		maps.DeleteFunc(t.rooms, func(_ string, room trimmed) bool { return now.Sub(room.at) >= trimEvery })
	}
	room := t.rooms[key]
	if d.age {
		room.at = now
	}
	room.bytes += d.bytes
	if d.size {
		room.bytes = 0
	}
	t.rooms[key] = room
}
