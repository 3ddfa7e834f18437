package limits

import (
	"crypto/rand"
	"sync"
	"time"

	"chatter/shared/background"
)

// Bounds of the memory: about 40 MB if every table is full, which takes an attack from
// thousands of networks.
const (
	maxEntries = 1 << 16
	maxRooms   = 1 << 14

	// minLife is the life of what is full again sooner.
	minLife = 2 * time.Minute
)

// Options are what a Limiter needs.
type Options struct {
	Figures Figures
	Off     bool // allows everything
	Classes *Classes
	Key     []byte // of at least 32 bytes, the same in all processes
}

// Limiter decides what may be said in this process, and who may sign in. Each process counts
// sessions and classes for itself; only what was said in rooms is exchanged (reports). It is safe
// for concurrent use. A nil Limiter allows everything.
type Limiter struct {
	classes *Classes
	figures Figures
	key     []byte
	id      string // of this process

	mu          sync.Mutex
	sessions    table[string, bucket] // by hash: an ID would keep the whole cookie in memory
	rooms       table[roomID, room]
	classShares table[classInRoom, classShare]
	shares      table[sessionInRoom, share]
	firsts      table[Class, bucket]
	signIns     table[Class, bucket]
	changed     map[roomID]struct{} // rooms in which something was said since the last report

	refusals refusals
	tasks    background.Tasks
}

type classInRoom struct {
	room  roomID
	class Class
}

type sessionInRoom struct {
	classInRoom
	session string
}

// classShare is the part of a class in a room.
type classShare struct {
	share        // of the room's bucket
	limit bucket // while other classes talk in the room
	crowd crowd  // of sessions that want tokens of limit
}

// New returns a Limiter, nil if limits are off.
func New(o Options) *Limiter {
	if o.Off {
		return nil
	}
	f := o.Figures
	return &Limiter{
		classes: o.Classes, figures: f, key: o.Key, id: rand.Text(),
		sessions:    newTable[string, bucket](maxEntries, lifeOf(f.Session)),
		rooms:       newTable[roomID, room](maxRooms, talkWindow),
		classShares: newTable[classInRoom, classShare](maxEntries, minLife),
		shares:      newTable[sessionInRoom, share](maxEntries, minLife),
		firsts:      newTable[Class, bucket](maxEntries, lifeOf(f.First)),
		signIns:     newTable[Class, bucket](maxEntries, lifeOf(f.SignIn)),
		changed:     make(map[roomID]struct{}),
	}
}

// lifeOf is when a bucket of this rate is full again for sure.
func lifeOf(r Rate) time.Duration {
	if r.PerSecond <= 0 {
		return minLife
	}
	return max(minLife, time.Duration(min(2*r.Burst/r.PerSecond, 1e6)*float64(time.Second)))
}

// Guest is the author of a message, as far as limits are concerned.
type Guest struct {
	Network Network
	Session string    // its hash
	Since   time.Time // when the session was issued
}

// Message is something that a guest wants to say.
type Message struct {
	Guest Guest
	Room  string // its key; "" for a message that will be refused for another reason
	Bytes int    // of the text
	Empty bool   // the room has no messages
}

// Say reports how long the guest must wait before the message may be said, and takes its
// tokens if that is 0.
func (l *Limiter) Say(m Message, now time.Time) time.Duration {
	if l == nil {
		return 0
	}
	cost := costOf(m.Bytes)
	class, tag := l.classes.Class(m.Guest.Network, now), m.Guest.Network.tag(l.key)
	in := classInRoom{l.roomID(m.Room), class}
	l.mu.Lock()
	defer l.mu.Unlock()
	var all [4]toll
	tolls := all[:0]
	if l.figures.Session.PerSecond > 0 {
		rate := l.figures.slowStart(now.Sub(m.Guest.Since))
		tolls = append(tolls, toll{reason: BySession, rate: rate, from: l.sessions.get(m.Guest.Session, now)})
	}
	if m.Room == "" {
		return l.pay(tolls, cost, now)
	}
	r := l.rooms.get(in.room, now)
	wait := l.pay(l.roomTolls(tolls, r, m, in, tag, now), cost, now)
	if wait == 0 {
		r.said(tag, cost, now)
		l.changed[in.room] = struct{}{}
	}
	return wait
}

// roomTolls appends the limits of the room, and of the class in it. l.mu must be held.
func (l *Limiter) roomTolls(tolls []toll, r *room, m Message, in classInRoom, tag uint16, now time.Time) []toll {
	c := l.classShares.get(in, now)
	tolls = append(tolls, toll{
		ByRoom, l.figures.Room, &r.bucket,
		&c.share, r.crowd.count(&c.share, now) + r.crowdElsewhere(now), l.figures.Room.Burst / 4,
	})
	if r.contested(tag, l.key, now) {
		s := l.shares.get(sessionInRoom{in, m.Guest.Session}, now)
		tolls = append(tolls, toll{ByClass, l.figures.ClassInRoom, &c.limit, s, c.crowd.count(s, now), 0})
	}
	if m.Empty {
		tolls = append(tolls, toll{reason: ByFirst, rate: l.figures.First, from: l.firsts.get(in.class, now)})
	}
	return tolls
}

// SignIn reports how long a guest must wait before somebody of the network may sign in, and
// takes a token if that is 0.
func (l *Limiter) SignIn(n Network, now time.Time) time.Duration {
	if l == nil {
		return 0
	}
	class := l.classes.Class(n, now)
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pay([]toll{{reason: BySignIn, rate: l.figures.SignIn, from: l.signIns.get(class, now)}}, 1, now)
}

// pay takes the tokens of all tolls, or of none if one of them makes the guest wait. l.mu must
// be held.
func (l *Limiter) pay(tolls []toll, tokens float64, now time.Time) (wait time.Duration) {
	var reason Reason
	for i := range tolls {
		if w := tolls[i].wait(tokens, now); w > wait {
			wait, reason = w, tolls[i].reason
		}
	}
	if wait > 0 {
		l.refusals[reason].Add(1)
		return wait
	}
	for i := range tolls {
		tolls[i].take(tokens)
	}
	return 0
}

// Forget removes what was not used for long. Start has it called once a minute.
func (l *Limiter) Forget(now time.Time) {
	for _, forget := range []func(time.Time){
		l.sessions.forget, l.rooms.forget, l.classShares.forget, l.shares.forget, l.firsts.forget, l.signIns.forget,
	} {
		l.mu.Lock()
		forget(now)
		l.mu.Unlock()
	}
}
