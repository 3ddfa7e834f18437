package roomlog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"

	"github.com/redis/go-redis/v9"
)

// Page is a run of a room's log.
type Page struct {
	Entries []wire.Entry // oldest first
	More    bool         // there are older ones
}

// Newest asks, within b, for the newest n entries of room. The page is filled when b has
// run. Like every read here it leaves out expired entries, which the stream may still
// hold.
func (l *Log) Newest(b *redisconn.Batch, room name.Room, n int) *Page {
	return l.back(b, room, "+", n)
}

// Last returns the newest n entries of room, oldest first. It blocks for Redis; the error
// wraps redisconn.ErrUnavailable.
func (l *Log) Last(ctx context.Context, room name.Room, n int) ([]wire.Entry, error) {
	b := l.client.Batch()
	page := l.Newest(b, room, n)
	err := b.Run(ctx)
	return page.Entries, err
}

// Before returns the n newest entries of room older than id. It blocks for
// Redis; the error wraps redisconn.ErrUnavailable.
func (l *Log) Before(ctx context.Context, room name.Room, id wire.ID, n int) (Page, error) {
	if id.IsZero() {
		return Page{}, nil
	}
	b := l.client.Batch()
	page := l.back(b, room, "("+id.String(), n)
	err := b.Run(ctx)
	return *page, err
}

// At asks, within b, for the entry of room with this ID. When b has run, the page has it, or
// is empty if there is none.
func (l *Log) At(b *redisconn.Batch, room name.Room, id wire.ID) *Page {
	page := l.back(b, room, id.String(), 1) // it may be an older one
	b.Then(func() error {
		page.Entries = slices.DeleteFunc(page.Entries, func(e wire.Entry) bool { return e.ID != id })
		return nil
	})
	return page
}

// back reads n entries back from an end.
func (l *Log) back(b *redisconn.Batch, room name.Room, end string, n int) *Page {
	page := new(Page)
	b.Then(l.clock.ask(context.Background(), b.Pipe()))
	cmd := b.Pipe().XRevRangeN(context.Background(), l.keys.log(room), end, "-", int64(n)+1)
	b.Then(func() (err error) {
		*page, _, err = l.pageOf(cmd, n)
		return err
	})
	return page
}

// After returns up to n entries of room newer than id, oldest first. gap says that
// others may be missing before them: id neither stands in the log nor did it expire,
// nor was it removed, or the log was trimmed by length or size since. After the zero ID follows
// all that there is. It blocks for Redis; the error wraps redisconn.ErrUnavailable.
func (l *Log) After(ctx context.Context, room name.Room, id wire.ID, n int) (entries []wire.Entry, gap bool, err error) {
	b := l.client.Batch()
	b.Then(l.clock.ask(ctx, b.Pipe()))
	if err := b.Run(ctx); err != nil {
		return nil, false, err
	}
	from := id.String()
	if l.Expired(id) {
		from = l.oldest().String()
	}
	cmd := l.client.Universal().XRangeN(ctx, l.keys.log(room), from, "+", int64(n)+1)
	found, err := readReply(cmd)
	if err != nil {
		return nil, false, err
	}
	entries, gap, err = l.continueAfter(ctx, room, id, found)
	return entries[:min(len(entries), n)], gap, err
}

// continueAfter returns the entries of a reply that was to begin with id, without id. gap says
// that others may be missing before them.
func (l *Log) continueAfter(ctx context.Context, room name.Room, id wire.ID, r reply) (entries []wire.Entry, gap bool, err error) {
	entries = r.entries
	switch {
	case r.read > 0 && r.first == id:
		if len(entries) > 0 && entries[0].ID == id {
			entries = entries[1:]
		}
	case !id.IsZero(): // an empty log has no entry to continue from
		gap, err = l.isGap(ctx, room, id)
	}
	return l.fresh(entries), gap, err
}

// An entry counts as expired so long before it is trimmed, for the question of a gap:
// between the read that misses it and the look at the clock, it must not become younger.
const expiryMargin = time.Minute

// isGap reports whether entries after id may be missing although id was delivered once.
// None is if id expired or was removed, unless the log was trimmed by length or size since.
// Otherwise it was trimmed so, or Redis went back in time.
func (l *Log) isGap(ctx context.Context, room name.Room, id wire.ID) (bool, error) {
	pipe, log := l.client.Universal().Pipeline(), l.keys.log(room)
	older, length := pipe.XRangeN(ctx, log, "-", id.String(), 1), pipe.XLen(ctx, log)
	cut, removals := pipe.Get(ctx, l.keys.trimmed(room)), l.rangeRemoved(ctx, pipe, room, wire.ID{})
	_, _ = pipe.Exec(ctx) // each command has its own error
	err := redisconn.Unavailable("look for a missing entry", cmp.Or(older.Err(), length.Err()))
	trimmed, trimmedErr := trimmedOf(cut)
	removed, removedErr := removalsOf(removals)
	if err := cmp.Or(err, trimmedErr, removedErr); err != nil {
		return false, err
	}
	later, isRemoved := 0, false
	for _, r := range removed {
		if r.ID.Compare(id) > 0 {
			later++
		}
		isRemoved = isRemoved || r.ID == id
	}
	margin := min(expiryMargin, l.opts.Retention/10)
	expired := l.clock.now().Sub(id.Time()) >= l.opts.Retention-margin
	// Trimming by length takes the oldest entries and leaves at least MaxLen. A shorter
	// log has lost younger ones since, which expired or were removed.
	complete := len(older.Val()) > 0 || length.Val()+int64(later) < int64(l.opts.MaxLen) && trimmed.Compare(id) <= 0
	return !complete || !expired && !isRemoved, nil
}

// trimmedOf reads the ID of the newest entry that was removed because of the log's size,
// zero if there is none that matters any more.
func trimmedOf(cmd *redis.StringCmd) (wire.ID, error) {
	text, err := cmd.Result()
	if err != nil {
		return wire.ID{}, redisconn.Unavailable("look for trimmed entries", err) // nil for none
	}
	id, err := wire.ParseID(text)
	if err != nil {
		return wire.ID{}, fmt.Errorf("look for trimmed entries: ID %q: %w", text, err)
	}
	return id, nil
}

// pageOf reads a reply that is newest first and one longer than n when there is
// more. last is the ID of the newest entry, even if it expired or is no message.
func (l *Log) pageOf(cmd *redis.XMessageSliceCmd, n int) (page Page, last wire.ID, err error) {
	found, err := readReply(cmd)
	if err != nil {
		return Page{}, wire.ID{}, err
	}
	page = Page{Entries: found.entries, More: found.read > n && !l.Expired(found.last)}
	if len(page.Entries) > n {
		page.Entries = page.Entries[:n]
	}
	page.Entries = l.fresh(page.Entries)
	slices.Reverse(page.Entries)
	return page, found.first, nil
}

// fresh are the entries that have not expired.
func (l *Log) fresh(entries []wire.Entry) []wire.Entry {
	oldest := l.oldest()
	return slices.DeleteFunc(entries, func(e wire.Entry) bool { return e.ID.Compare(oldest) < 0 })
}

// reply is the reply of XRANGE or XREVRANGE, in its order.
type reply struct {
	entries     []wire.Entry
	first, last wire.ID // of all that was read
	read        int     // how many that was
}

// readReply reads a reply. An entry without a text is no message: somebody added
// it by hand. It is left out, so that it does not keep a room from being read.
func readReply(cmd *redis.XMessageSliceCmd) (r reply, err error) {
	messages, err := cmd.Result()
	if err != nil {
		return reply{}, redisconn.Unavailable("read log", err)
	}
	r = reply{entries: make([]wire.Entry, 0, len(messages)), read: len(messages)}
	for i, m := range messages {
		id, err := wire.ParseID(m.ID)
		if err != nil {
			return reply{}, fmt.Errorf("read log: stream ID %q: %w", m.ID, err)
		}
		if i == 0 {
			r.first = id
		}
		r.last = id
		if text, ok := m.Values["m"].(string); ok {
			r.entries = append(r.entries, wire.Entry{ID: id, Text: text})
		}
	}
	return r, nil
}
