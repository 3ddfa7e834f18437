// Package mutes lets an operator mute the author of a message without learning who it is.
//
// Each process keeps a mark of each message that it stored, for Options.Marks:
//
//	mark = salt, HMAC(salt, author)    salt = HMAC(process key, room, ID)
//
// author is a hash of the session's ID under the secret, see [session.Session.Author]. It is
// neither stored nor sent. A mark can be tested with an author, but not turned into one, and
// two marks of one author have nothing in common. A process key is random, stays in the
// memory of the process, and is forgotten together with its marks.
//
// "Mute the author of ID" goes to all processes by PUBLISH, which is stored nowhere. All of
// them look for the message among their marks and answer with the mark, or that they have
// none. All processes get the answer, and from then on each tests with it each session that
// says something. So a muted author is refused everywhere within a moment, whether connected
// or not when the mute began, and whatever process serves the author next:
//
//	asked ──► in force, in memory ──(the presence interval is over)──► in force, in Redis
//	  │                   │                                                    │
//	  └─► not known       └───────────────► lifted, or over ◄──────────────────┘
//
// A mark is written to Redis when the presence interval is over, together with the others of
// the interval, sorted, without ID or room. It holds across restarts. Its end is rounded up
// to an interval, so that it does not tell when the order was given. A process that stops
// writes at once, because it may be the last one. A process that is killed together with all
// others loses the mutes of the running interval.
//
// # Who learns what
//
// No process ever says or stores that a session matches: what travels and what is stored is
// the mark, which exists since the message was stored. So nothing that an operator sees can
// depend on whether the author is connected, nor on whether two messages have one author.
// The number of refused messages is published when the interval is over.
//
// A reader of Redis or its file learns how many mutes there were, and which interval they
// were given in. With the secret and a guest's cookie it can be tested whether this guest was
// muted. A reader of a process's memory has the process keys: with those, the room and the ID
// of a message and the author hash of an open socket it can be tested whether this session
// wrote this message, for Options.Marks. The same can be tested for the messages whose
// authors were muted, as long as the marks are kept.
package mutes

import (
	"cmp"
	"context"
	"encoding/hex"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"chatter/shared/background"
	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/session"
	"chatter/shared/wire"
)

// Kind is the kind of these orders.
const Kind = "muted"

const (
	// maxMutes bounds the mutes in force: each message costs a test of each. A process knows
	// twice as many at most, with those that were lifted.
	maxMutes = 1000
	// closeTimeout bounds the last write.
	closeTimeout = time.Second
)

// Options are the same in all processes.
type Options struct {
	Prefix string        // of the key and the channel
	Every  time.Duration // the length of a presence interval, in whole seconds
	Marks  time.Duration // how long the author of a message can be muted
	// Now is Redis's clock.
	Now func() time.Time
	// Expires is told when mutes have left Redis, but not its file. It must not block. Nil
	// tells nobody.
	Expires func(time.Time)
}

// Mutes keeps the marks of this process, and the mutes of all of them. It is a Handler of
// package orders, and safe for concurrent use.
type Mutes struct {
	client *redisconn.Client
	opts   Options
	marks  marks
	max    int // mutes in force

	mu       sync.RWMutex
	loaded   bool
	mutes    map[mark]*mute
	purge    bool            // Redis has mutes that are over
	answered map[string]bool // tokens of asks that were answered with a mark lately

	askers   sync.Map     // token → chan message: the calls of Mute that wait for answers
	refusing atomic.Int64 // refused messages of the running interval
	Refused  atomic.Int64 // of earlier ones
	tasks    background.Tasks
}

// mute is what a process knows of a mute.
type mute struct {
	line
	interval int64 // in which this process learned it; it is written after that
	written  bool  // Redis has it
}

// line is a mute, as processes tell it each other.
type line struct {
	Mark mark  `json:"mark"`
	Ends int64 `json:"ends"` // Unix seconds, a multiple of the interval
	Turn int   `json:"turn"` // how often it was lifted and given again: it is in force if even
}

func (l line) inForce(now int64) bool { return l.Turn%2 == 0 && now < l.Ends }

func (l line) order() Order {
	return Order{hex.EncodeToString(l.Mark[:5]), time.Unix(l.Ends, 0).UTC()}
}

// Order is a mute in force, as the operator sees it.
type Order struct {
	Handle string
	Ends   time.Time
}

// New returns Mutes that refuse nobody. Start makes them follow the others.
func New(c *redisconn.Client, o Options) *Mutes {
	if o.Expires == nil {
		o.Expires = func(time.Time) {}
	}
	return &Mutes{
		client: c, opts: o, marks: marks{keep: o.Marks, max: maxMarks}, max: maxMutes,
		mutes: make(map[mark]*mute), answered: make(map[string]bool),
	}
}

// Start begins to talk to the other processes and to write what is in force. Close ends it.
func (x *Mutes) Start() {
	x.tasks.Go(x.listen)
	x.tasks.Go(x.endIntervals)
}

// Close ends what Start began, and writes the mutes of the running interval at once.
func (x *Mutes) Close() {
	x.tasks.Close()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = x.write(ctx, x.interval()+1)
}

// interval is the number of the running presence interval.
func (x *Mutes) interval() int64 { return x.opts.Now().Unix() / x.everySeconds() }

func (x *Mutes) everySeconds() int64 { return int64(x.opts.Every / time.Second) }

// Stored notes that this process stored a message of the author.
func (x *Mutes) Stored(author session.Author, room name.Room, id wire.ID) {
	x.marks.add(x.opts.Now(), author, room, id)
}

// Muted reports whether the author is muted, and for how long. It counts a message of a muted
// author as refused.
func (x *Mutes) Muted(author session.Author) (left time.Duration, muted bool) {
	now := x.opts.Now()
	var ends int64
	for _, l := range x.inForce(now) {
		if l.Mark.matches(author) {
			ends = max(ends, l.Ends)
		}
	}
	if ends == 0 {
		return 0, false
	}
	x.refusing.Add(1)
	return time.Unix(ends, 0).Sub(now), true
}

// Known reports whether the mutes in Redis have been read.
func (x *Mutes) Known() bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.loaded
}

// InForce returns the mutes in force, in an order that tells nothing.
func (x *Mutes) InForce() (orders []Order) {
	for _, l := range x.inForce(x.opts.Now()) {
		orders = append(orders, l.order())
	}
	slices.SortFunc(orders, func(a, b Order) int { return cmp.Or(a.Ends.Compare(b.Ends), cmp.Compare(a.Handle, b.Handle)) })
	return orders
}

func (x *Mutes) inForce(now time.Time) (lines []line) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, m := range x.mutes {
		if m.inForce(now.Unix()) {
			lines = append(lines, m.line)
		}
	}
	return lines
}

// merge takes what another process, or this one, says of a mute. The higher turn counts, and
// in a turn the later end.
func (x *Mutes) merge(l line) {
	if l.Ends <= x.opts.Now().Unix() {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	m := x.mutes[l.Mark]
	switch {
	case m == nil && len(x.mutes) >= 2*x.max:
	case m == nil, l.Turn > m.Turn, l.Turn == m.Turn && l.Ends > m.Ends:
		x.mutes[l.Mark] = &mute{line: l, interval: x.interval()}
	}
}

// lines returns what this process knows of all mutes, sorted.
func (x *Mutes) lines() []line {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var lines []line
	for _, m := range x.mutes {
		lines = append(lines, m.line)
	}
	return sorted(lines)
}

// sorted sorts by the marks, which are random.
func sorted(lines []line) []line {
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.Mark.String(), b.Mark.String()) })
	return lines
}
