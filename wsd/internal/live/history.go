package live

import (
	"cmp"
	"context"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"
)

const (
	// A member that was away for long reads pages of the log, not the tail.
	historyPage    = 100
	historyReaders = 8
	// How much of a page is written at once; the rest is read again. It is all that a
	// member holds here while its socket takes its time.
	historyBytes = maxPrivate / 2
	// A log that grows faster than it can be read is given up: the member is told of
	// a gap.
	historyEntries = 4000
	// How long a member may take to read its whole history.
	historyTimeout = 30 * time.Second
)

// readHistory sends the member what follows its cursor in the log, until the tail continues
// from there, and lets it in. It blocks for the socket.
func (r *room) readHistory(a arrival) {
	h := r.hub
	// The room does not know the member meanwhile, so CloseAll does not find it.
	defer context.AfterFunc(h.joining, func() { h.closeForAll(a.member) })()
	ctx, cancel := context.WithTimeout(h.ctx, historyTimeout)
	defer cancel()
	for nothing := false; ; { // nothing was in the log when it was read last
		newest := r.view.Load().last()
		entries, gap, err := h.readPage(ctx, r.name, a.since)
		if err == nil && !gap && len(entries) == 0 && a.since.kind == sinceID && newest.Compare(a.since.id) > 0 {
			// Everything up to the newest one that was here is gone. It was removed, unless that
			// one is lost.
			if _, gap, err = h.readPage(ctx, r.name, After(newest)); !gap {
				a.since.id, nothing = newest, false
			}
		}
		if err != nil {
			a.member.Close(wire.CloseOverloaded, wire.RetryReason(h.historyDelay(time.Now())+h.Spread(int(h.users.Load()))))
			return
		}
		h.outage.Store(nil)
		switch {
		case gap, a.read > historyEntries, nothing && len(entries) == 0:
			// In the last case the log has nothing more, and the tail still does not continue.
			a.since, a.read, nothing = Unknown(), 0, false
		case len(entries) == 0:
			a.proven, nothing = true, true
			a.empty = a.since.kind != sinceID // whatever the tail holds was appended later
		default:
			nothing = false
			if !r.sendPage(ctx, &a, entries) {
				return
			}
		}
		if !r.tryJoin(a) {
			return
		}
	}
}

// sendPage sends entries, or the first of them, to the member and moves its cursor behind
// them. It blocks for the socket, and reports whether the member takes more.
func (r *room) sendPage(ctx context.Context, a *arrival, entries []wire.Entry) bool {
	var frames, payload []byte
	if a.since.kind == sinceUnknown {
		frames = a.member.gap()
	}
	removals, most, n := r.view.Load().removals, min(historyBytes, r.hub.chunkSize()), 0
	for ; n < len(entries) && len(frames) <= most; n++ {
		if !removals.has(entries[n].ID) { // it may have been removed since the page was read
			payload = wire.AppendMessage(payload[:0], entries[n].ID, entries[n].Text)
			frames = appendFrame(frames, opText, payload)
		}
	}
	if a.since.kind != sinceID && a.came.IsZero() { // from here on it may show what is removed meanwhile
		a.came = entries[0].ID
	}
	a.since = After(entries[n-1].ID)
	a.read += n
	// A read of the log that was asked for before may be older than this page.
	a.proven, a.refreshed = true, false
	return a.member.sendAndWait(ctx, frames)
}

const (
	minOutage = time.Second
	maxOutage = 30 * time.Second
)

// historyDelay returns how long a member should wait whose history cannot be read: about as
// long as that has lasted, so that the same member asks less and less often.
func (h *Hub) historyDelay(now time.Time) time.Duration {
	h.outage.CompareAndSwap(nil, &now)
	began := cmp.Or(h.outage.Load(), &now)
	return min(max(now.Sub(*began), minOutage), maxOutage)
}

// readPage reads what follows since, or the newest page, for a bounded number of readers at
// a time: members whose sockets are slow hold up nobody here.
func (h *Hub) readPage(ctx context.Context, room name.Room, since Since) ([]wire.Entry, bool, error) {
	select {
	case h.readers <- struct{}{}:
		defer func() { <-h.readers }()
		if since.kind != sinceID {
			entries, err := h.History.Last(ctx, room, wire.HistoryPage)
			return entries, false, err
		}
		return h.History.After(ctx, room, since.id, historyPage)
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}
