package live

import (
	"context"

	"chatter/shared/name"
	"chatter/shared/wire"
)

const (
	// Who comes back after a long time reads pages of the log, not the run.
	historyPage    = 100
	historyReaders = 8
	// What is written of a page at once; the rest is read again. It is all that
	// a member holds here while its socket takes its time.
	historyBytes = ownBytes / 2
	// A log that moves away faster than it can be read is given up: the
	// member is told of a gap.
	historyEntries = 4000
)

// Since says from where on a member wants the log.
type Since struct {
	kind sinceKind
	id   wire.ID
}

type sinceKind uint8

const (
	sinceNow sinceKind = iota
	sinceNewest
	sinceID
	sinceUnknown
	sinceLast // the newest frame, of a feed
)

// Now is from the moment of joining.
func Now() Since { return Since{} }

// Newest is the newest page of the log.
func Newest() Since { return Since{kind: sinceNewest} }

// After is all that follows the entry id, which must still stand in the log:
// else the member is told of a gap and gets the newest page.
func After(id wire.ID) Since { return Since{kind: sinceID, id: id} }

// Unknown is a cursor that stands in no log: the member is told of a gap and
// gets the newest page.
func Unknown() Since { return Since{kind: sinceUnknown} }

// place is where an arrival stands with respect to the run.
type place uint8

const (
	here    place = iota // a cursor into the run
	untold               // a cursor into a feed's run: there is nothing to tell beside it
	lost                 // not in the log: a gap
	ahead                // newer than the run: the log must be looked at
	history              // older than the run: the log must be read
)

// placeLocked finds where to begin for a.
func (r *room) placeLocked(a arrival) (cursor uint64, p place) {
	switch a.since.kind {
	case sinceNow:
		return r.run.head(), here
	case sinceNewest:
		return r.run.newest(wire.HistoryPage), here
	case sinceUnknown:
		return r.run.newest(wire.HistoryPage), lost
	case sinceLast:
		return r.run.newest(1), untold
	}
	if cursor, ok := r.run.find(a.since.id); ok {
		return cursor, here
	}
	newest := r.run.newest(wire.HistoryPage)
	switch {
	case a.since.id.Compare(r.run.last()) > 0:
		// A member that comes from another process may be ahead of this one.
		if a.refreshed {
			return newest, lost
		}
		return 0, ahead
	case r.run.whole || a.since.id.Compare(r.run.marks[0].id) > 0:
		return newest, lost
	default:
		return 0, history
	}
}

// join seats an arrival, or has it wait for what it needs. Nobody gets into a
// room but through it. It may write to the member, but does not block.
func (r *room) join(a arrival) {
	r.mu.Lock()
	if r.hub.closing.Load() != nil { // under mu: CloseAll sees who is let in before
		r.mu.Unlock()
		r.hub.sendAway(a.member)
		return
	}
	if !r.loaded {
		r.waiting = append(r.waiting, a)
		r.mu.Unlock()
		return
	}
	cursor, p := r.placeLocked(a)
	switch p {
	case ahead:
		// The answer to a question that is asked already may be older than what
		// this one has seen: it asks again then.
		ask := !r.refreshing
		a.asked = ask
		r.waiting = append(r.waiting, a)
		r.refreshing = true
		r.mu.Unlock()
		if ask {
			r.hub.source.Refresh(r.name)
		}
		return
	case history:
		r.mu.Unlock()
		go r.readHistory(a)
		return
	}
	how := joined
	switch p {
	case untold:
		how = settled
	case lost:
		how = broken
	}
	if !a.member.enter(cursor, how) {
		r.mu.Unlock()
		return
	}
	r.seatLocked(a.member)
	r.mu.Unlock()
	a.member.flush()
}

// enter gives m its cursor. It reports false when m has left meanwhile.
func (m *Member) enter(cursor uint64, how welcome) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left {
		return false
	}
	m.cursor, m.welcome = cursor, how
	m.seated.Store(true)
	return true
}

// readHistory sends the member what is older than the run, then lets it in.
func (r *room) readHistory(a arrival) {
	h := r.hub
	// It is in no list meanwhile, so CloseAll does not find it.
	defer context.AfterFunc(h.open, func() { h.sendAway(a.member) })()
	ctx, cancel := context.WithTimeout(h.ctx, historyTimeout)
	defer cancel()
	for {
		entries, stands, err := h.readPage(ctx, r.name, a.since.id)
		if err != nil {
			a.member.Close(wire.CloseOverloaded, wire.RetryReason(h.spread(1)))
			return
		}
		if !stands || a.read > historyEntries {
			a.since = Unknown()
			break
		}
		last := len(entries) < historyPage
		var frames, payload []byte
		for i, e := range entries {
			if len(frames) > historyBytes {
				last = false
				entries = entries[:i]
				break
			}
			payload = wire.AppendMessage(payload[:0], e.ID, e.Text)
			frames = appendFrame(frames, opText, payload)
			a.since.id = e.ID
		}
		a.read += len(entries)
		if !a.member.sendWhole(ctx, frames) {
			return
		}
		if last || r.reaches(a.since.id) {
			break
		}
	}
	r.join(a)
}

// readPage is History.After, with a bounded number of readers at a time: those whose
// sockets are slow hold up nobody here.
func (h *Hub) readPage(ctx context.Context, room name.Room, id wire.ID) ([]wire.Entry, bool, error) {
	select {
	case h.readers <- struct{}{}:
		defer func() { <-h.readers }()
		return h.history.After(ctx, room, id, historyPage)
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

// reaches reports whether the run holds id.
func (r *room) reaches(id wire.ID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.run.find(id)
	return ok
}

// sendWhole sends frames and waits until the socket has taken them, so that
// one page at a time is in memory. It reports false when it will not.
func (m *Member) sendWhole(ctx context.Context, frames []byte) bool {
	sent := make(chan struct{})
	m.mu.Lock()
	if m.ending || m.left {
		m.mu.Unlock()
		return false
	}
	m.own = append(m.own, frames...)
	m.sent = sent
	m.mu.Unlock()
	m.flush()
	select {
	case <-sent:
		return m.state.Load() != closed
	case <-ctx.Done():
		m.Close(wire.CloseTooSlow, "")
		return false
	}
}
