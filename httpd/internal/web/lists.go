package web

import (
	"context"
	"fmt"
	"sync"
	"time"

	"chatter/shared/recent"

	"github.com/labstack/echo/v4"
)

// keepLists is how long the index shows lists without asking Redis again. Lists change
// when an interval is published.
const keepLists = time.Second

// listCache has the lists that were read last. It is safe for concurrent use.
type listCache struct {
	mu     sync.Mutex
	lists  *recent.Lists // never changed, only replaced
	readAt time.Time
	forget *time.Timer // sets lists to nil
}

// forgetLists is after how long lists are dropped that nobody has asked for: the names in
// them may have expired.
const forgetLists = 10 * time.Second

// recentLists returns the lists of recent users and rooms.
func (s *Site) recentLists(c echo.Context) (*recent.Lists, error) {
	lists, err := s.lists.read(c.Request().Context(), s.Presence, s.now())
	if s.health.observe(err) != nil {
		return nil, fmt.Errorf("read recents: %w", err)
	}
	return lists, nil
}

// read returns the lists. It asks Redis once in keepLists, for all requests.
func (l *listCache) read(ctx context.Context, p presence, now time.Time) (*recent.Lists, error) {
	if lists := l.recentlyRead(now); lists != nil {
		return lists, nil
	}
	read, err := p.Read(ctx)
	if err != nil {
		return nil, err
	}
	return l.keep(read, now), nil
}

func (l *listCache) recentlyRead(now time.Time) *recent.Lists {
	l.mu.Lock()
	defer l.mu.Unlock()
	if age := now.Sub(l.readAt); l.lists == nil || age < 0 || age >= keepLists {
		return nil
	}
	return l.lists
}

// keep notes what was read at now. It returns the lists of before if they are the same, so
// that they are not rendered again.
func (l *listCache) keep(read *recent.Lists, now time.Time) *recent.Lists {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lists == nil || !l.lists.Equal(read) {
		l.lists = read
	}
	l.readAt = now
	if l.forget == nil {
		l.forget = time.AfterFunc(forgetLists, l.drop)
	}
	l.forget.Reset(forgetLists)
	return l.lists
}

func (l *listCache) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lists = nil
}
