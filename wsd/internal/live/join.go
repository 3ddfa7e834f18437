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
	proven    bool    // the history had no gap after since
	empty     bool    // the log was, when its newest page was read
	read      int     // entries of history read for it
}

// step is what follows for an arrival.
type step uint8

const (
	letIn       step = iota // its writer has a cursor into the tail
	wait                    // until the room is loaded or refreshed, or for Sessions
	refresh                 // and wait: it is ahead of the tail
	readLog                 // the tail lacks what follows its cursor
	refuse                  // CloseAll was called
	refuseEnded             // its session has ended
)

// join lets an arrival in, or has it wait for what it needs. It may write to the member,
// but does not block.
func (r *room) join(a arrival) {
	if r.tryJoin(a) {
		go r.readHistory(a)
	}
}

// tryJoin is join, but reports whether the history must be read first.
func (r *room) tryJoin(a arrival) (history bool) {
	switch r.decide(a) {
	case letIn:
		a.member.Flush()
	case refresh:
		r.hub.Source.Refresh(r.name)
	case readLog:
		return true
	case refuse:
		r.hub.closeForAll(a.member)
	case refuseEnded:
		a.member.Close(wire.CloseSignIn, "")
	}
	return false
}

// decide returns the next step of an arrival. It adds the member to those that are here, or
// the arrival to those that wait.
func (r *room) decide(a arrival) step {
	h := r.hub
	r.mu.Lock()
	defer r.mu.Unlock()
	// Under mu: CloseAll and CheckSessions find the members that are let in before.
	if h.closing.Load() != nil {
		return refuse
	}
	if h.Sessions.Ended(a.member.Session) {
		return refuseEnded
	}
	if r.state == loading || !h.Sessions.Known() {
		r.arrivals = append(r.arrivals, a)
		return wait
	}
	r.expireLocked() // the sweep may be a second ago
	cursor, how, next := r.locateLocked(a)
	switch next {
	case refresh:
		if r.state == refreshing {
			// That read may be older than the arrival's cursor: when it is done, the
			// arrival asks again.
			next = wait
		}
		a.asked, r.state = next == refresh, refreshing
		r.arrivals = append(r.arrivals, a)
	case letIn:
		removed := r.tail.removals.head()
		if !a.came.IsZero() {
			removed = r.tail.removals.since(a.came)
		}
		if a.member.enter(cursor, removed, how, a.since.id) {
			r.addLocked(a.member)
		}
	}
	return next
}

// locateLocked returns where in the tail a's cursor is and how the member is welcomed there,
// or the step that comes before.
func (r *room) locateLocked(a arrival) (cursor uint64, how welcome, next step) {
	page, hasPage := r.tail.page()
	switch kind := a.since.kind; {
	case kind == sinceNow:
		return r.tail.head(), resumed, letIn
	case kind != sinceID && !hasPage && !a.empty:
		return 0, 0, readLog
	case r.feed:
		return page, welcomed, letIn
	case kind == sinceNewest:
		return page, resumed, letIn
	case kind == sinceUnknown:
		return page, afterGap, letIn
	}
	id := a.since.id
	cursor, holds, complete := r.tail.find(id)
	switch {
	case holds, complete && id.Compare(r.hub.oldest()) < 0:
		return cursor, resumed, letIn
	case !a.refreshed && id.Compare(r.tail.last()) > 0:
		return 0, 0, refresh // a member that comes from another process may be ahead of this one
	case complete && (a.proven || r.tail.removals.has(id)):
		return cursor, resumed, letIn
	}
	return 0, 0, readLog
}
