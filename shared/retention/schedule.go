package retention

import (
	"sync"
	"time"
)

// maxLogs bounds the memory of a schedule. Logs beyond it are trimmed by the next scan.
const maxLogs = 1 << 16

// schedule knows when something expires: the entries of logs, which the job trims, and what
// Redis forgets by itself. It is safe for concurrent use.
type schedule struct {
	mu   sync.Mutex
	logs map[string]logAge // by key

	// The first and the last time at which Redis forgets something by itself; zero if there are
	// none. What expires between them is written off with the last.
	first, last time.Time
}

// logAge is the time of a log's oldest entry, and when the log is to be trimmed.
type logAge struct{ oldest, due time.Time }

// add adds a log, unless it is known with an older entry.
func (s *schedule) add(key string, age logAge) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.logs[key]
	if ok && !age.oldest.Before(known.oldest) || !ok && len(s.logs) >= maxLogs {
		return
	}
	if s.logs == nil {
		s.logs = make(map[string]logAge)
	}
	s.logs[key] = age
}

// take removes the logs that are due and returns them.
func (s *schedule) take(now time.Time) map[string]logAge {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := make(map[string]logAge)
	for key, age := range s.logs {
		if !age.due.After(now) {
			due[key] = age
			delete(s.logs, key)
		}
	}
	return due
}

// oldest returns the time of the oldest entry of all logs, zero if there is none.
func (s *schedule) oldest() (oldest time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, age := range s.logs {
		oldest = earlier(oldest, age.oldest)
	}
	return oldest
}

// expires notes a time at which Redis forgets something by itself.
func (s *schedule) expires(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.first, s.last = earlier(s.first, at), later(s.last, at)
}

// passed reports whether one of these times has passed since the last call that reported true.
func (s *schedule) passed(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first.IsZero() || now.Before(s.first) {
		return false
	}
	s.first = s.last
	if !now.Before(s.last) {
		s.first, s.last = time.Time{}, time.Time{}
	}
	return true
}

// earlier returns the earlier one of two times. A zero time is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
