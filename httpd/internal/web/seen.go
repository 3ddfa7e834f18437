package web

import (
	"sync"
	"time"

	"chatter/shared/recent"
)

const (
	// What this process has recorded of a guest or a room need not be recorded again for
	// so long: the recents know no more than in which five minutes it was. It is no
	// longer, because Redis may lose what it was told.
	seenFor = 10 * time.Second
	maxSeen = 20_000
)

// seen remembers which guests and which rooms have just been recorded. It is safe for
// concurrent use.
type seen struct {
	mu    sync.Mutex
	names map[seenName]time.Time
}

// seenName is a guest's name or a room's.
type seenName struct {
	room bool
	name string
}

// lately reports whether the name has been recorded within d, as what recording it now
// would change nothing of.
func (s *seen) lately(name seenName, now time.Time, d time.Duration) bool {
	s.mu.Lock()
	at, ok := s.names[name]
	s.mu.Unlock()
	age := now.Sub(at)
	return ok && age >= 0 && age < d && at.Truncate(recent.Bucket).Equal(now.Truncate(recent.Bucket))
}

// recorded notes that the names are in the recents since now.
func (s *seen) recorded(now time.Time, names ...seenName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.names) >= maxSeen || s.names == nil {
		s.names = make(map[seenName]time.Time)
	}
	for _, name := range names {
		s.names[name] = now
	}
}
