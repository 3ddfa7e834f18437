package follow

import (
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/roomlog"
	"chatter/shared/wire"
)

const (
	// How many entries a room begins with: enough for everybody who comes
	// back after a restart, small enough to read for thousands of rooms.
	loadEntries = 128
	// How many entries a read brings beside the appended ones. Usually it is one or
	// two, and the bound on all replies under way counts with this many.
	fewEntries = 16
	// How many it brings when there are more.
	manyEntries = 128
)

// state is where a room stands; the package comment has the diagram.
type state uint8

const (
	loading    state = iota // nothing is delivered yet
	continuing              // last is the newest entry delivered
	left                    // not followed any more; final
)

func (s state) String() string { return [...]string{"loading", "continuing", "left"}[s] }

// refresh is where a Refresh stands.
type refresh uint8

const (
	noRefresh       refresh = iota
	refreshAsked            // the next read is for it
	refreshUnderWay         // the read under way is for it
)

func (r refresh) String() string { return [...]string{"none", "asked", "under way"}[r] }

// room is one followed room. It is the roomlog.Reader of its log.
type room struct {
	follower           *Follower
	name               name.Room
	notifications, own string // channels

	mu      sync.Mutex // held while the sink is called
	state   state
	read    roomlog.Read // in the pipeline under way
	dirty   bool         // the room was marked dirty for it, and not only appended to
	last    wire.ID      // of the newest entry delivered; zero: the log was empty
	more    bool         // the last read left some
	others  bool         // the last append of this process notified others
	refresh refresh
	readAt  time.Time
}

func newRoom(f *Follower, n name.Room) *room {
	r := &room{follower: f, name: n, readAt: time.Now()}
	r.notifications, r.own = f.log.Channels(n)
	return r
}

// Begin implements roomlog.Reader. A room that is not dirty is read behind the messages that are
// appended, if no other process follows it: nobody will be notified of them.
func (r *room) Begin(appends int, dirty bool) roomlog.Read {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read, r.dirty = roomlog.Read{}, dirty
	alone := appends > 0 && !r.others && r.state == continuing
	if r.state == left || !dirty && !alone {
		return r.read
	}
	if r.refresh == refreshAsked {
		r.refresh = refreshUnderWay
	}
	r.read = roomlog.Read{Count: fewEntries, Newest: r.state == loading, After: r.last, AfterAppend: !r.others}
	switch {
	case r.state == loading:
		r.read.Count = loadEntries
	case r.more:
		r.read.Count = manyEntries
	case r.read.AfterAppend:
		r.read.Count = appends + fewEntries
	}
	return r.read
}

// End implements roomlog.Reader. If the pipeline appended messages, it depends on their
// notification and on the read what becomes of them:
//
//	others were notified   the read went behind them
//	no                     yes                        they are among the entries, which are delivered
//	no                     no, or nothing was read    nobody else tells of them: the room is read again
//	yes                    yes                        the entries are dropped: they come with the
//	                                                  notification, as in the other processes
//	yes                    no, or nothing was read    they come with the notification
func (r *room) End(o roomlog.Outcome) (again, delivered bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state == left {
		return false, false
	}
	if o.Appended {
		r.others = o.Notified
	}
	again = o.Appended && !o.Notified && !r.read.AfterAppend
	switch {
	case r.read.Count == 0:
		return again, false
	case o.Err != nil: // the Log reads again
		return false, false
	case o.Appended && o.Notified && r.read.AfterAppend:
		return r.dirty, false
	case o.Gap:
		r.state = loading // the sink takes the second Reset for a gap
		return true, false
	case r.state == loading:
		r.state, r.last, r.more = continuing, o.Last, false
		r.follower.sink.Reset(r.name, o.Entries, o.Removed, !o.More)
		delivered = true
	default:
		r.more = o.More
		if !o.Last.IsZero() {
			r.last = o.Last
		}
		if delivered = len(o.Entries) > 0; delivered {
			r.follower.sink.Deliver(r.name, o.Entries)
		}
	}
	r.readAt = time.Now()
	if r.refresh == refreshUnderWay && !r.more {
		r.refresh = noRefresh
		r.follower.sink.Refreshed(r.name)
	}
	return again || r.more, delivered
}

// Flush implements roomlog.Reader.
func (r *room) Flush() { r.follower.sink.Flush(r.name) }

func (r *room) askRefresh() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refresh = refreshAsked
}

func (r *room) readBefore(t time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.readAt.Before(t)
}

func (r *room) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state = left
}

func (r *room) hasLeft() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state == left
}
