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
	"context"
	"sync"
	"sync/atomic"
	"time"

	"chatter/shared/redisconn"
)

// Kind is the kind of these orders.
const Kind = "muted"

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
	purge    bool                    // Redis has mutes that are over
	answered map[string]bool         // tokens of asks that were answered with a mark lately
	waiting  map[string]chan message // askers of this process, by token: gets the answers

	replies  chan message
	refusing atomic.Int64 // refused messages of the running interval
	Refused  atomic.Int64 // of earlier ones

	stop    context.CancelFunc
	running sync.WaitGroup
}

// New returns Mutes that refuse nobody. Start makes them follow the others.
func New(c *redisconn.Client, o Options) *Mutes {
	if o.Expires == nil {
		o.Expires = func(time.Time) {}
	}
	return &Mutes{
		client: c, opts: o, marks: marks{keep: o.Marks, max: maxMarks}, max: maxMutes,
		mutes: make(map[mark]*mute), answered: make(map[string]bool), waiting: make(map[string]chan message),
		replies: make(chan message, maxReplies), stop: func() {},
	}
}

// Start begins to talk to the other processes and to write what is in force. Close ends it.
func (x *Mutes) Start() {
	ctx, stop := context.WithCancel(context.Background())
	x.stop = stop
	x.running.Go(func() { x.listen(ctx) })
	x.running.Go(func() { x.sendReplies(ctx) })
	x.running.Go(func() { x.endIntervals(ctx) })
}

// closeTimeout bounds the last write.
const closeTimeout = time.Second

// Close ends what Start began, and writes the mutes of the running interval at once.
func (x *Mutes) Close() {
	x.stop()
	x.running.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = x.write(ctx, x.interval()+1)
}

// interval is the number of the running presence interval.
func (x *Mutes) interval() int64 { return x.opts.Now().Unix() / x.everySeconds() }

func (x *Mutes) everySeconds() int64 { return int64(x.opts.Every / time.Second) }
