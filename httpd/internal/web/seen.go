package web

import (
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/recent"
)

const (
	// A visit that this process has recorded need not be recorded again for so long:
	// the recents know no more than in which five minutes it was.
	seenFor = 10 * time.Second
	maxSeen = 10_000
)

// seen remembers which visits have just been recorded. It is safe for concurrent use.
type seen struct {
	mu     sync.Mutex
	visits map[visit]time.Time
}

// visit is to the index if there is no room.
type visit struct{ user, room string }

func visitOf(user name.User, room name.Room) visit { return visit{user.String(), room.String()} }

// lately reports whether v has been recorded, as what recording it now would change
// nothing of.
func (s *seen) lately(v visit, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.visits[v]
	age := now.Sub(at)
	return ok && age >= 0 && age < seenFor && at.Truncate(recent.Bucket).Equal(now.Truncate(recent.Bucket))
}

// recorded notes that v is in the recents since now.
func (s *seen) recorded(v visit, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.visits) >= maxSeen || s.visits == nil {
		s.visits = make(map[visit]time.Time)
	}
	s.visits[v] = now
}
