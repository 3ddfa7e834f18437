package retention

import (
	"container/heap"
	"sync"
	"time"
)

// maxLogs bounds the memory of a schedule. Logs beyond it are trimmed by the next scan.
const maxLogs = 1 << 16

// schedule knows logs with their oldest entry, and which of them is to be trimmed next.
type schedule struct {
	mu   sync.Mutex
	logs map[string]*logAge
	due  dueLogs
}

// logAge is a log with the time of its oldest entry.
type logAge struct {
	key    string
	oldest time.Time
	due    time.Time // when it is to be trimmed
	index  int       // in dueLogs
}

// add adds a log, unless it is known with an older entry.
func (s *schedule) add(key string, oldest, due time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.logs[key]
	switch {
	case known != nil && !oldest.Before(known.oldest):
		return
	case known != nil:
		known.oldest, known.due = oldest, due
		heap.Fix(&s.due, known.index)
		return
	case len(s.logs) >= maxLogs:
		return
	case s.logs == nil:
		s.logs = make(map[string]*logAge)
	}
	l := &logAge{key: key, oldest: oldest, due: due}
	s.logs[key] = l
	heap.Push(&s.due, l)
}

// take removes up to n logs that are due and returns them.
func (s *schedule) take(now time.Time, n int) (taken []*logAge) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.due) > 0 && len(taken) < n && !s.due[0].due.After(now) {
		l := heap.Pop(&s.due).(*logAge)
		delete(s.logs, l.key)
		taken = append(taken, l)
	}
	return taken
}

// oldest returns the time of the oldest entry of all logs, zero if there is none.
func (s *schedule) oldest() (oldest time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.logs {
		oldest = earlier(oldest, l.oldest)
	}
	return oldest
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

// dueLogs implements heap.Interface. The first log is due first.
type dueLogs []*logAge

func (d dueLogs) Len() int           { return len(d) }
func (d dueLogs) Less(i, k int) bool { return d[i].due.Before(d[k].due) }

func (d dueLogs) Swap(i, k int) {
	d[i], d[k] = d[k], d[i]
	d[i].index, d[k].index = i, k
}

func (d *dueLogs) Push(x any) {
	l := x.(*logAge)
	l.index = len(*d)
	*d = append(*d, l)
}

func (d *dueLogs) Pop() any {
	last := len(*d) - 1
	l := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	return l
}
