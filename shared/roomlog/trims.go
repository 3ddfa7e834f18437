package roomlog

import (
	"maps"
	"sync"
	"time"
)

const (
	// Trimming by age with each message would cost Redis a tenth of it.
	trimEvery = time.Minute
	// Rooms beyond this are trimmed more often than necessary.
	maxTrims = 1 << 15
)

// trims knows when this process last trimmed which log by age.
type trims struct {
	mu     sync.Mutex
	at     map[string]time.Time // by room key
	purged time.Time
}

// due reports whether the room's log is to be trimmed with its next message.
func (t *trims) due(key string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, ok := t.at[key]
	return !ok || now.Sub(at) >= trimEvery
}

// done notes that the room's log was trimmed.
func (t *trims) done(key string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.at == nil || len(t.at) >= maxTrims {
		t.at = make(map[string]time.Time)
	}
	if now.Sub(t.purged) >= trimEvery {
		t.purged = now
		maps.DeleteFunc(t.at, func(_ string, at time.Time) bool { return now.Sub(at) >= trimEvery })
	}
	t.at[key] = now
}
