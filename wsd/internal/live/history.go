package live

import (
	"context"
	"slices"
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
)

// History reads a log: up to n entries after id, and whether others may be missing before
// them; and the newest n entries.
type History interface {
	Last(ctx context.Context, room name.Room, n int) ([]wire.Entry, error)
	After(ctx context.Context, room name.Room, id wire.ID, n int) (entries []wire.Entry, gap bool, err error)
}

const (
	// A member that was away for long reads pages of the log, not the run.
	historyPage    = 100
	historyReaders = 8
	// How much of a page is written at once; the rest is read again. It is all that a
	// member holds here while its socket takes its time.
	historyBytes = ownBytes / 2
	// A log that grows faster than it can be read is given up: the member is told of
	// a gap.
	historyEntries = 4000
	// How long a member may take to read its history.
	historyTimeout = 30 * time.Second
)

// readHistory sends the member what follows its cursor in the log, then lets it in. It
// blocks for the socket.
func (r *room) readHistory(a arrival) {
	h := r.hub
	// The room does not know the member meanwhile, so CloseAll and CheckSessions do not
	// find it.
	defer context.AfterFunc(h.joining, func() { h.closeForAll(a.member) })()
	ctx, cancel := context.WithTimeout(h.ctx, historyTimeout)
	defer cancel()
	again := a.proven
	for {
		if h.sessions.Ended(a.member.Session) {
			a.member.Close(wire.CloseSignIn, "")
			return
		}
		newest := r.last()
		entries, gap, err := h.readPage(ctx, r.name, a.since)
		if err == nil && !gap && len(entries) == 0 && a.since.kind == sinceID && newest.Compare(a.since.id) > 0 {
			// Everything up to the newest one that was here is gone. It was removed, unless that
			// one is lost.
			if _, gap, err = h.readPage(ctx, r.name, After(newest)); !gap {
				a.since.id, again = newest, false
			}
		}
		if err != nil {
			a.member.Close(wire.CloseOverloaded, wire.RetryReason(h.outage.delay(time.Now())+h.spread(h.users())))
			return
		}
		h.outage.end()
		// The log has nothing more, and the run still does not continue from there.
		if gap || a.read > historyEntries || again && len(entries) == 0 {
			a.since = Unknown()
			break
		}
		frames, n := r.encodePage(entries, min(historyBytes, h.chunkBytes()))
		if a.since.kind != sinceID {
			if n == 0 { // whatever the run holds was appended later
				a.empty = true
				break
			}
			if a.came.IsZero() { // from here on it may show what is removed meanwhile
				a.came = entries[0].ID
			}
			frames = a.beginPage(h, frames)
			a.since.kind, a.read = sinceID, 0
		}
		last := n == len(entries) && n < historyPage
		a.proven = true
		if n > 0 { // a read of the log that was asked for before may be older than this
			a.since.id, a.refreshed, again = entries[n-1].ID, false, false
		}
		a.read += n
		if !a.member.sendAndWait(ctx, frames) {
			return
		}
		if last || r.holds(a.since.id) {
			break
		}
	}
	r.join(a)
}

const (
	minOutage = time.Second
	maxOutage = 30 * time.Second
)

// outage is how long histories cannot be read. It is safe for concurrent use.
type outage struct {
	mu    sync.Mutex
	began time.Time // zero while they can
}

// delay returns how long a member should wait whose history cannot be read: about as long as
// this has lasted, so that the same member asks less and less often.
func (o *outage) delay(now time.Time) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.began.IsZero() {
		o.began = now
	}
	return min(max(now.Sub(o.began), minOutage), maxOutage)
}

func (o *outage) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.began = time.Time{}
}

// encodePage returns the frames of the first n entries: the fewest that are longer than most,
// or all of them. It leaves out entries that were removed since the page was read.
func (r *room) encodePage(entries []wire.Entry, most int) (frames []byte, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var payload []byte
	for ; n < len(entries) && len(frames) <= most; n++ {
		if !r.run.removed.has(entries[n].ID) {
			payload = wire.AppendMessage(payload[:0], entries[n].ID, entries[n].Text)
			frames = appendFrame(frames, opText, payload)
		}
	}
	return frames, n
}

// beginPage puts the gap before the frames of the newest page if there is one.
func (a arrival) beginPage(h *Hub, frames []byte) []byte {
	if a.since.kind != sinceUnknown {
		return frames
	}
	h.counts.Gaps.Add(1)
	if a.member.protocol != Events {
		return frames
	}
	return append(slices.Clip(gapFrame), frames...)
}

// readPage reads what follows since, or the newest page, for a bounded number of readers at
// a time: members whose sockets are slow hold up nobody here.
func (h *Hub) readPage(ctx context.Context, room name.Room, since Since) ([]wire.Entry, bool, error) {
	select {
	case h.readers <- struct{}{}:
		defer func() { <-h.readers }()
		if since.kind != sinceID {
			entries, err := h.history.Last(ctx, room, wire.HistoryPage)
			return entries, false, err
		}
		return h.history.After(ctx, room, since.id, historyPage)
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

// last is the ID of the newest entry of the run.
func (r *room) last() wire.ID {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.run.last()
}

// holds reports whether the run holds id.
func (r *room) holds(id wire.ID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, holds, _ := r.run.find(id)
	return holds
}
