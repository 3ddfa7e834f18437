package roomlog

import (
	"cmp"
	"context"

	"chatter/shared/name"
	"chatter/shared/wire"

	"github.com/redis/go-redis/v9"
)

// Reader decides what is read of one followed room, and takes what comes of it.
type Reader interface {
	// Begin returns what is read in a pipeline with the room, which appends so many
	// messages; dirty tells that MarkDirty was called since the last one. It is called under
	// a lock of the Log: it must not block, and not call the Log.
	Begin(appends int, dirty bool) Read
	// End takes what came of a pipeline that reads or appends. It reports whether the room is
	// to be read once more, and whether something was delivered, so that Flush follows. It is
	// called under no lock, and never for two pipelines of one room at a time.
	End(Outcome) (again, delivered bool)
	// Flush is called when the senders of the appended messages have been told. It is called
	// under no lock, and may be called more than once at a time.
	Flush()
}

// Read is what is read of one room in one pipeline.
type Read struct {
	// Count bounds how many entries are read. With zero, nothing is read.
	Count int
	// Newest asks for the newest entries. Otherwise those after After are read.
	Newest bool
	After  wire.ID
	// AfterAppend puts the read behind the appended messages, so that it finds them.
	// Otherwise it goes before them.
	AfterAppend bool
}

// Outcome is what came of a pipeline for one room.
type Outcome struct {
	Err      error // the read failed; the room will be read again after a delay
	Appended bool  // messages were appended
	Notified bool  // and other processes were notified of them

	Removed []wire.Removal // of a read of the newest entries: all that are known
	Entries []wire.Entry   // oldest first, none that expired
	Last    wire.ID        // of the newest entry read, even if it expired or is no message; zero if none
	More    bool           // there is more in the direction of the read, or was until the log was trimmed by its size
	Gap     bool           // entries after Read.After may be missing
}

const (
	// MaxRead bounds Read.Count.
	MaxRead = maxPipeline + 16
	// The bytes that one entry may take in a reply.
	entryBytes = wire.MaxTextBytes + 128
	// All replies under way together.
	maxReplyBytes = 4 << 20
)

// SetReaders has rooms read. readers returns the Reader of a room, nil if it is not followed; it
// is called as Begin is. With nil nothing more is read.
func (l *Log) SetReaders(readers func(name.Room) Reader) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.readers = readers
}

// replyBytes bounds what the reply may take.
func (r Read) replyBytes() int {
	if r.Count == 0 {
		return 0
	}
	return (r.Count + 1) * entryBytes
}

// sendRead adds the read of a part to a pipeline. outcome reads the reply. It asks for one entry
// more than Count: the one that it continues from, or one that shows that there are more.
func (l *Log) sendRead(ctx context.Context, pipe redis.Pipeliner, p *part) (outcome func() Outcome) {
	room, r := p.queue.room, p.read
	if r.Count == 0 {
		return func() Outcome { return Outcome{} }
	}
	if r.Newest {
		entries := pipe.XRevRangeN(ctx, l.keys.log(room), "+", "-", int64(r.Count)+1)
		trimmed := pipe.Get(ctx, l.keys.trimmed(room))
		removed := l.rangeRemoved(ctx, pipe, room, wire.ID{})
		return func() Outcome { return l.newest(entries, trimmed, removed, r.Count) }
	}
	entries := pipe.XRangeN(ctx, l.keys.log(room), r.After.String(), "+", int64(r.Count)+1)
	return func() (o Outcome) {
		found, err := readReply(entries)
		if err != nil {
			return Outcome{Err: err}
		}
		o = Outcome{Last: found.last, More: found.read > r.Count}
		o.Entries, o.Gap, o.Err = l.continueAfter(ctx, room, r.After, found)
		if o.Err == nil && r.After.IsZero() && found.read > 0 {
			// The log was empty. What came since may have been trimmed already.
			o.Gap, o.Err = l.isGap(ctx, room, r.After)
		}
		return o
	}
}

// newest reads the replies of a read of the newest entries.
func (l *Log) newest(entries *redis.XMessageSliceCmd, trimmed *redis.StringCmd, removed *redis.ZSliceCmd, n int) Outcome {
	page, last, err := l.pageOf(entries, n)
	cut, cutErr := trimmedOf(trimmed)
	removals, removedErr := removalsOf(removed)
	// A log that has been as long as MaxLen may have been trimmed, even if it was emptied since.
	full := len(page.Entries)+len(removals) >= l.opts.MaxLen
	return Outcome{
		Err:     cmp.Or(err, cutErr, removedErr),
		Removed: removals, Entries: page.Entries, Last: last, More: page.More || full || !l.Expired(cut),
	}
}
