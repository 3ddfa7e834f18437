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
		*page, _, err = pageOf(cmd, n)
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
	page, _, err := pageOf(cmd, n)
	return page, err
}

// After returns up to n entries of room newer than id, oldest first, and
// whether id itself stands in the log: if not, nothing tells what came
// between. It blocks for Redis; the error wraps redisconn.ErrUnavailable.
func (l *Log) After(ctx context.Context, room name.Room, id wire.ID, n int) (entries []Entry, stands bool, err error) {
	cmd := l.client.Universal().XRangeN(ctx, l.keys.log(room), id.String(), "+", int64(n)+1)
	found, err := entriesOf(cmd)
	if err != nil {
		return nil, false, err
	}
	entries = found.entries
	if len(entries) > 0 && entries[0].ID == id {
		return entries[1:], true, nil
	}
	return entries, false, nil
}

// oldest is the lowest ID that the retention still allows.
func (l *Log) oldest() string {
	return strconv.FormatInt(time.Now().Add(-l.opts.Retention).UnixMilli(), 10)
}

// pageOf reads an answer that is newest first and one longer than n when there is
// more. last is the ID of the newest entry, even if it is no message.
func pageOf(cmd *redis.XMessageSliceCmd, n int) (page Page, last wire.ID, err error) {
	found, err := entriesOf(cmd)
	if err != nil {
		return Page{}, wire.ID{}, err
	}
	page = Page{Entries: found.entries, More: found.read > n}
	if len(page.Entries) > n {
		page.Entries = page.Entries[:n]
	}
	slices.Reverse(page.Entries)
	return page, found.first, nil
}

// found is what an answer holds, in its order.
type found struct {
	entries     []Entry
	first, last wire.ID // of all that was read
	read        int     // how many that was
}

// entriesOf reads an answer. An entry without a text is no message: somebody added
// it by hand. It is left out, so that it does not keep a room from being read.
func entriesOf(cmd *redis.XMessageSliceCmd) (f found, err error) {
	messages, err := cmd.Result()
	if err != nil {
		return found{}, redisconn.Unavailable("read log", err)
	}
	f = found{entries: make([]Entry, 0, len(messages)), read: len(messages)}
	for i, m := range messages {
		id, err := wire.ParseID(m.ID)
		if err != nil {
			return found{}, fmt.Errorf("read log: stream ID %q: %w", m.ID, err)
		}
		if i == 0 {
			f.first = id
		}
		f.last = id
		if text, ok := m.Values["m"].(string); ok {
			f.entries = append(f.entries, Entry{ID: id, Text: text})
		}
	}
	return f, nil
}
