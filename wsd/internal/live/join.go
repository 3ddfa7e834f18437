package live

import "chatter/shared/wire"

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
	sinceLast // the newest frame of a feed
)

// Now is from the moment of joining.
func Now() Since { return Since{} }

// Newest is the newest page of the log.
func Newest() Since { return Since{kind: sinceNewest} }

// After is all that follows the entry id and has not expired. id must stand in the log,
// unless it expired or was removed: otherwise the member is told of a gap and gets the
// newest page.
func After(id wire.ID) Since { return Since{kind: sinceID, id: id} }

// Unknown is a cursor that stands in no log: the member is told of a gap and gets the
// newest page.
func Unknown() Since { return Since{kind: sinceUnknown} }

// arrival is a member that is joining.
type arrival struct {
	member    *Member
	since     Since   // history that is read for it moves it on
	came      wire.ID // the cursor with which the member came, zero if it has none
	asked     bool    // the room is refreshed for it
	refreshed bool    // the log was read after this arrival asked
	read      int     // entries of history read for it
	proven    bool    // the history had no gap after since
	empty     bool    // the log was, when its newest page was read
}

// position is where the cursor of an arrival is with respect to the run.
type position uint8

const (
	inRun     position = iota // in it
	inFeed                    // in a feed's: there is nothing to tell beside the frames
	notInLog                  // nowhere: a gap
	afterRun                  // newer: the log must be read again
	inHistory                 // older, or unknown here: the history must be read
)

// locateLocked finds where a's cursor is, and where in the run it begins if it does.
func (r *room) locateLocked(a arrival) (cursor uint64, p position) {
	newest := r.run.newest(wire.HistoryPage)
	switch kind := a.since.kind; {
	case kind == sinceNow:
		return r.run.head(), inRun
	case kind == sinceLast:
		return r.run.newest(1), inFeed
	case kind != sinceID && !a.empty && !r.run.hasPage():
		return 0, inHistory
	case kind == sinceNewest:
		return newest, inRun
	case kind == sinceUnknown:
		return newest, notInLog
	}
	id := a.since.id
	cursor, holds, complete := r.run.find(id)
	switch {
	case holds, complete && id.Compare(r.hub.oldest()) < 0:
		return cursor, inRun
	case !a.refreshed && id.Compare(r.run.last()) > 0:
		// A member that comes from another process may be ahead of this one.
		return 0, afterRun
	case complete && (a.proven || r.run.removed.has(id)):
		return cursor, inRun
	default:
		return 0, inHistory
	}
}

// join lets an arrival in, or has it wait for what it needs. It may write to the member,
// but does not block.
func (r *room) join(a arrival) {
	r.mu.Lock()
	if r.hub.closing.Load() != nil { // under mu: CloseAll finds members that are let in before
		r.mu.Unlock()
		r.hub.closeForAll(a.member)
		return
	}
	if r.hub.sessions.Ended(a.member.Session) { // under mu, for CheckSessions
		r.mu.Unlock()
		a.member.Close(wire.CloseSignIn, "")
		return
	}
	if r.state == loading || !r.hub.sessions.Known() {
		r.waiting = append(r.waiting, a)
		r.mu.Unlock()
		return
	}
	r.expireLocked() // the sweep may be a second ago
	cursor, p := r.locateLocked(a)
	switch p {
	case afterRun:
		// A read that is under way may be older than the arrival's cursor: when it
		// is done, the arrival asks again.
		a.asked = r.state == current
		r.state = refreshing
		r.waiting = append(r.waiting, a)
		r.mu.Unlock()
		if a.asked {
			r.hub.source.Refresh(r.name)
		}
		return
	case inHistory:
		r.mu.Unlock()
		go r.readHistory(a)
		return
	}
	how := [...]welcome{inRun: resumed, inFeed: welcomed, notInLog: afterGap}[p]
	removed := r.run.removed.head()
	if !a.came.IsZero() {
		removed = r.run.removed.since(a.came)
	}
	if a.member.follow(cursor, removed, how, a.since.id) {
		r.addLocked(a.member)
	}
	r.mu.Unlock()
	a.member.Flush()
}
