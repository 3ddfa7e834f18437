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
	entries, stands, _, err = afterOf(cmd, id)
	return entries, stands, err
}

// afterOf reads an answer that begins with id, if that stands in the log. read is
// how many entries were in it.
func afterOf(cmd *redis.XMessageSliceCmd, id wire.ID) (entries []Entry, stands bool, read int, err error) {
	entries, read, err = entriesOf(cmd)
	if err != nil {
		return nil, false, 0, err
	}
	if len(entries) > 0 && entries[0].ID == id {
		return entries[1:], true, read, nil
	}
	return entries, false, read, nil
}

// oldest is the lowest ID that the retention still allows.
func (l *Log) oldest() string {
	return strconv.FormatInt(time.Now().Add(-l.opts.Retention).UnixMilli(), 10)
}

// pageOf reads an answer that is newest first and one longer than n when
// there is more.
func pageOf(cmd *redis.XMessageSliceCmd, n int) (Page, error) {
	entries, read, err := entriesOf(cmd)
	if err != nil {
		return Page{}, err
	}
	more := read > n
	if len(entries) > n {
		entries = entries[:n]
	}
	slices.Reverse(entries)
	return Page{Entries: entries, More: more}, nil
}

// entriesOf reads an answer and tells how many entries were in it. One without a text
// is none of ours, and is passed over: it must not keep a room from being read.
func entriesOf(cmd *redis.XMessageSliceCmd) (entries []Entry, read int, err error) {
	messages, err := cmd.Result()
	if err != nil {
		return nil, 0, redisconn.Unavailable("read log", err)
	}
	entries = make([]Entry, 0, len(messages))
	for _, m := range messages {
		id, err := wire.ParseID(m.ID)
		if err != nil {
			return nil, 0, fmt.Errorf("read log: stream ID %q: %w", m.ID, err)
		}
		if text, ok := m.Values["m"].(string); ok {
			entries = append(entries, Entry{ID: id, Text: text})
		}
	}
	return entries, len(messages), nil
}
