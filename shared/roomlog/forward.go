package roomlog

import (
	"context"

	"chatter/shared/name"
	"chatter/shared/wire"

	"github.com/redis/go-redis/v9"
)

// Follower decides what is read from the logs of the rooms that it follows.
type Follower interface {
	// Begin is called before a pipeline with room is sent. The pipeline appends
	// so many messages; asked tells that Log.Read was called since the last one.
	// Begin returns nil for a room that is not followed. It is called under a
	// lock of the Log: it must not block, and not call the Log.
	Begin(room name.Room, appends int, asked bool) *Read
}

// Read is what a Follower wants of one pipeline.
type Read struct {
	// Count bounds how many entries are read. With zero, nothing is read.
	Count int
	// Newest asks for the newest entries. Otherwise those after After are read.
	Newest bool
	After  wire.ID
	// Behind puts the read behind the appended messages, so that it finds them.
	// Otherwise it goes before them.
	Behind bool

	// End takes what came of it. It reports whether the room is to be read once
	// more, and whether Flush is due. It is called exactly once, under no lock, and
	// never for two reads of one room at a time.
	End func(Outcome) (again, flush bool)
	// Flush is called when the senders of the appended messages have been told.
	Flush func()
}

// Outcome is what came of a pipeline for one room.
type Outcome struct {
	Err      error // the read failed; the room will be read again after a delay
	Appended bool  // messages were appended
	Notified bool  // and other processes were notified of them

	Removed []wire.Removal // of a read of the newest entries: all that are known
	Entries []Entry        // oldest first, none that expired
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

// Follow has f decide what is read. A Log has one Follower at most; nil ends it.
func (l *Log) Follow(f Follower) { l.committer.follow(f) }

// Read has room read in the next pipeline with it. It does not block.
func (l *Log) Read(room name.Room) { l.committer.read(room) }

// replyBytes bounds what the reply may take.
func (r *Read) replyBytes() int {
	if r == nil || r.Count == 0 {
		return 0
	}
	return (r.Count + 1) * entryBytes
}

// readCommand is a read in a pipeline.
type readCommand struct {
	entries *redis.XMessageSliceCmd
	trimmed *redis.StringCmd // of a read of the newest entries
	removed *redis.ZSliceCmd // of a read of the newest entries
}

// command adds the read to a pipeline. It asks for one entry more than Count: the
// one that it continues from, or one that shows that there are more.
func (l *Log) command(ctx context.Context, pipe redis.Pipeliner, room name.Room, r *Read) *readCommand {
	if r.Newest {
		return &readCommand{
			entries: pipe.XRevRangeN(ctx, l.keys.log(room), "+", "-", int64(r.Count)+1),
			trimmed: pipe.Get(ctx, l.keys.trimmed(room)),
			removed: l.rangeRemoved(ctx, pipe, room, wire.ID{}),
		}
	}
	return &readCommand{entries: pipe.XRangeN(ctx, l.keys.log(room), r.After.String(), "+", int64(r.Count)+1)}
}

// outcome reads the reply.
func (l *Log) outcome(ctx context.Context, cmd *readCommand, room name.Room, r *Read) (o Outcome) {
	if r.Newest {
		page, last, err := l.pageOf(cmd.entries, r.Count)
		if err != nil {
			return Outcome{Err: err}
		}
		trimmed, err := trimmedOf(cmd.trimmed)
		if err != nil {
			return Outcome{Err: err}
		}
		removed, err := removalsOf(cmd.removed)
		return Outcome{Removed: removed, Entries: page.Entries, Last: last, More: page.More || !l.Expired(trimmed), Err: err}
	}
	found, err := entriesOf(cmd.entries)
	if err != nil {
		return Outcome{Err: err}
	}
	o = Outcome{Entries: found.entries, Last: found.last, More: found.read > r.Count}
	stands := found.read > 0 && found.first == r.After
	if stands && len(o.Entries) > 0 && o.Entries[0].ID == r.After {
		o.Entries = o.Entries[1:]
	}
	o.Entries = l.fresh(o.Entries)
	if !stands && !r.After.IsZero() { // an empty log has no entry to continue from
		o.Gap, o.Err = l.isGap(ctx, room, r.After)
	}
	return o
}
