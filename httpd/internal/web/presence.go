package web

import (
	"hash/maphash"
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/recent"
)

const (
	// keepLists is how long the index shows lists without asking Redis again. Its times
	// are words like "5 minutes ago", and its script gets changes over the WebSocket.
	keepLists = time.Second
	// keepRecorded is how long a visit of a room is not recorded again, which is a fifth of
	// what the page costs. It is short, because Redis may lose a record.
	keepRecorded = 10 * time.Second
	// maxRecorded bounds the records to about 1 MB.
	maxRecorded = 20_000
)

// presence is what this process knows of the recent users and rooms: the lists that it
// read last, and what it has recorded in the current interval. It is safe for concurrent
// use.
type presence struct {
	mu       sync.Mutex
	lists    *recent.Lists // never changed, only replaced
	readAt   time.Time
	interval time.Time
	records  map[uint64]time.Time // by digests of names, since interval began
}

var presenceSeed = maphash.MakeSeed()

func userDigest(user name.User) uint64 { return maphash.String(presenceSeed, "user "+user.String()) }
func roomDigest(room name.Room) uint64 { return maphash.String(presenceSeed, "room "+room.String()) }

// recentlyRead returns the lists if they were read within keepLists, else nil.
func (p *presence) recentlyRead(now time.Time) *recent.Lists {
	p.mu.Lock()
	defer p.mu.Unlock()
	if age := now.Sub(p.readAt); p.lists == nil || age < 0 || age >= keepLists {
		return nil
	}
	return p.lists
}

// newest returns the lists with all changes of this process.
func (p *presence) newest() *recent.Lists {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lists
}

// keep replaces the lists by newer ones.
func (p *presence) keep(lists *recent.Lists, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lists, p.readAt = lists, now
}

// alreadyRecorded reports whether Redis has the guest in the current interval. The lists
// tell, unless they are full of guests of this interval: then it is enough that this
// process has recorded the guest. lists may be nil.
func (p *presence) alreadyRecorded(lists *recent.Lists, guest name.User, now time.Time) bool {
	if lists == nil {
		return false
	}
	if recent.Shows(lists.Users, guest.String(), now) {
		return true
	}
	interval := now.Truncate(recent.Bucket)
	if len(lists.Users) < maxRecents || lists.Users[maxRecents-1].At.Before(interval) {
		return false
	}
	return p.recordedWithin(recent.Bucket, userDigest(guest), now)
}

// unrecorded returns the guest and the room if they must be recorded for a visit of the
// room, else zero values.
func (p *presence) unrecorded(guest name.User, room name.Room, now time.Time) (name.User, name.Room) {
	if p.recordedWithin(keepRecorded, userDigest(guest), now) {
		guest = name.User{}
	}
	if p.recordedWithin(keepRecorded, roomDigest(room), now) {
		room = name.Room{}
	}
	return guest, room
}

// recordedWithin reports whether a name was recorded within d and in the interval of now.
func (p *presence) recordedWithin(d time.Duration, digest uint64, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.records[digest]
	age := now.Sub(at)
	return ok && p.interval.Equal(now.Truncate(recent.Bucket)) && age >= 0 && age < d
}

// recorded notes that Redis has the guest and the room. Zero values are left out.
func (p *presence) recorded(guest name.User, room name.Room, now time.Time) {
	if guest.IsZero() && room.IsZero() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	interval := now.Truncate(recent.Bucket)
	if !p.interval.Equal(interval) || len(p.records) >= maxRecorded {
		p.interval, p.records = interval, make(map[uint64]time.Time)
	}
	if !guest.IsZero() {
		p.records[userDigest(guest)] = now
	}
	if !room.IsZero() {
		p.records[roomDigest(room)] = now
	}
	if p.lists != nil {
		p.lists = p.lists.With(guest, room, now, maxRecents)
	}
}
