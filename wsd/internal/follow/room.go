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
	loading   state = iota // nothing is delivered yet
	following              // last is the newest entry delivered
	reading                // the entries after last are being read
	left                   // not followed any more; final
)

func (s state) String() string { return [...]string{"loading", "following", "reading", "left"}[s] }

// refresh is where a Refresh stands.
type refresh uint8

const (
	noRefresh       refresh = iota
	refreshAsked            // the next read is for it
	refreshUnderWay         // the read under way is for it
)

func (r refresh) String() string { return [...]string{"none", "asked", "under way"}[r] }

// room is one followed room.
type room struct {
	follower           *Follower
	name               name.Room
	notifications, own string // channels

	mu      sync.Mutex // held while the sink is called
	state   state
	read    roomlog.Read // the one under way, or the one before
	asked   bool         // it was asked for, and not only taken along by an append
	last    wire.ID      // of the newest entry delivered; zero: the log was empty
	more    bool         // the last read left some
	others  bool         // the last append of this process notified others
	refresh refresh
	readAt  time.Time
}

func newRoom(f *Follower, n name.Room) *room {
	r := &room{follower: f, name: n, readAt: time.Now()}
	r.notifications, r.own = f.log.Channels(n)
	r.read.End, r.read.Flush = r.end, func() { f.sink.Flush(n) }
	return r
}

// begin decides what is read beside the messages that are appended. It is called
// for one pipeline at a time.
func (r *room) begin(appends int, asked bool) *roomlog.Read {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state == left {
		return nil
	}
	r.read.Count, r.asked = 0, asked
	if !asked && (appends == 0 || r.others || r.state == loading) {
		return &r.read
	}
	if r.refresh == refreshAsked {
		r.refresh = refreshUnderWay
	}
	r.read.Newest, r.read.After, r.read.Behind = r.state == loading, r.last, !r.others
	switch {
	case r.state == loading:
		r.read.Count = loadEntries
	case r.more:
		r.read.Count = manyEntries
	case r.read.Behind:
		r.read.Count = appends + fewEntries
	default:
		r.read.Count = fewEntries
	}
	if r.state == following {
		r.state = reading
	}
	return &r.read
}

// end takes what came of it, and reports whether the room is to be read again, and
// whether something was delivered.
func (r *room) end(o roomlog.Outcome) (again, flush bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state == left {
		return false, false
	}
	if r.state == reading {
		r.state = following
	}
	if o.Appended {
		r.others = o.Notified
	}
	read := r.read.Count > 0
	missed := o.Appended && !o.Notified && !(read && r.read.Behind)
	switch {
	case !read:
		return missed, false
	case o.Err != nil: // the Log reads again
		return false, false
	case o.Appended && o.Notified && r.read.Behind:
		// Another process follows the room since the last append. The entries come
		// with the notification, as they do there.
		return r.asked, false
	case r.state == loading:
		r.last, r.more = o.Last, false
		r.state = following
		r.follower.sink.Reset(r.name, o.Entries, o.Removed, !o.More)
	case o.Gap:
		r.state = loading // the sink takes the second Reset for a gap
		return true, false
	default:
		r.more = o.More
		if !o.Last.IsZero() {
			r.last = o.Last
		}
		if len(o.Entries) > 0 {
			r.follower.sink.Deliver(r.name, o.Entries)
		}
		flush = len(o.Entries) > 0
	}
	r.readAt = time.Now()
	if r.refresh == refreshUnderWay && !r.more {
		r.refresh = noRefresh
		r.follower.sink.Refreshed(r.name)
	}
	return missed || r.more, flush || r.read.Newest
}

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
