package roomlog

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"

	"github.com/redis/go-redis/v9"
)

// Page is a run of a room's log.
type Page struct {
	Entries []Entry // oldest first
	More    bool    // there are older ones
}

// Newest asks, within b, for the newest n entries of room. The page is filled
// when b has run. Entries past the retention are left out, although a quiet
// room's stream still holds them.
func (l *Log) Newest(b *redisconn.Batch, room name.Room, n int) *Page {
	page := new(Page)
	cmd := b.Pipe().XRevRangeN(context.Background(), l.keys.log(room), "+", l.oldest(), int64(n)+1)
	b.Then(func() (err error) {
		*page, err = pageOf(cmd, n)
		return err
	})
	return page
}

// Before returns the n newest entries of room older than id. It blocks for
// Redis; the error wraps redisconn.ErrUnavailable.
func (l *Log) Before(ctx context.Context, room name.Room, id wire.ID, n int) (Page, error) {
	if id.IsZero() {
		return Page{}, nil
	}
	cmd := l.client.Universal().XRevRangeN(ctx, l.keys.log(room), "("+id.String(), l.oldest(), int64(n)+1)
	return pageOf(cmd, n)
}

// After returns up to n entries of room newer than id, oldest first, and
// whether id itself stands in the log: if not, nothing tells what came
// between. It blocks for Redis; the error wraps redisconn.ErrUnavailable.
func (l *Log) After(ctx context.Context, room name.Room, id wire.ID, n int) (entries []Entry, stands bool, err error) {
	cmd := l.client.Universal().XRangeN(ctx, l.keys.log(room), id.String(), "+", int64(n)+1)
	return afterOf(cmd, id)
}

func afterOf(cmd *redis.XMessageSliceCmd, id wire.ID) (entries []Entry, stands bool, err error) {
	entries, err = entriesOf(cmd)
	if err != nil {
		return nil, false, err
	}
	if len(entries) > 0 && entries[0].ID == id {
		return entries[1:], true, nil
	}
	return entries, false, nil
}

// oldest is the lowest ID that the retention still allows.
func (l *Log) oldest() string {
	return strconv.FormatInt(time.Now().Add(-l.opts.Retention).UnixMilli(), 10)
}

// pageOf reads an answer that is newest first and one longer than n when
// there is more.
func pageOf(cmd *redis.XMessageSliceCmd, n int) (Page, error) {
	entries, err := entriesOf(cmd)
	if err != nil {
		return Page{}, err
	}
	more := len(entries) > n
	if more {
		entries = entries[:n]
	}
	slices.Reverse(entries)
	return Page{Entries: entries, More: more}, nil
}

func entriesOf(cmd *redis.XMessageSliceCmd) ([]Entry, error) {
	messages, err := cmd.Result()
	if err != nil {
		return nil, redisconn.Unavailable("read log", err)
	}
	entries := make([]Entry, 0, len(messages))
	for _, m := range messages {
		id, err := wire.ParseID(m.ID)
		if err != nil {
			return nil, fmt.Errorf("read log: stream ID %q: %w", m.ID, err)
		}
		text, ok := m.Values["m"].(string)
		if !ok {
			return nil, fmt.Errorf("read log: entry %s has no text field", m.ID)
		}
		entries = append(entries, Entry{ID: id, Text: text})
	}
	return entries, nil
}
