// Package roomlog keeps each room's log in Redis: it appends messages, reads ranges of the log,
// and reads the logs of followed rooms forward.
//
// The log is a Redis stream, trimmed by length, by size and by age. No read returns an entry that
// is older than the retention, even if it has not been trimmed yet. Ages are compared by
// Redis's clock, which made the IDs (clock.go). One Lua script appends, idempotent by nonce, so
// that it may be sent again after any error. It notifies the processes that follow the room. A
// notification is empty: only the stream tells what is new.
//
// # The way of a message
//
// All messages, and all reads of followed rooms, go through one loop. A pipeline holds, for
// each of its rooms, the append script with the messages that wait, and at most one read.
//
//	socket.say                 package socket has a guest's frame (httpd calls Append, which waits)
//	   │ Submit
//	   ▼
//	Log.add                    the message waits in the queue of its room
//	   │ lead or work          the caller itself is the worker, or a goroutine
//	   ▼
//	Log.collect                takes messages and reads of many rooms
//	   │ Reader.Begin          package follow decides what is read of a room
//	   ▼
//	Log.commit                 sends them in one pipeline, with append.lua for each room
//	   ▼
//	Log.finish                 for each room:
//	   1. Reader.End           package follow delivers the entries of the read to package live
//	   2. message.done         package socket prepares the ack
//	   3. Reader.Flush         package live writes to the members
//	   4. message.send         writes to the sender, if it was not among them
//	   5. Log.release          the room's queue is ready again
//
// So all acks and messages of a batch leave in one write for a sender, and a sender is written to
// no sooner than the other members. The order of an ack and its message on the wire is not
// promised.
//
// While no other process follows the room, nobody is notified: the read goes right behind the
// append, in the same pipeline. Otherwise the author's process waits for the notification, as the
// other processes do.
//
// # The way of a notification
//
//	append.lua                 in the pipeline of the author's process
//	   │ PUBLISH, on a Cluster SPUBLISH
//	   ▼
//	subscriber.receive         package follow, in each process that follows the room
//	   │ subscriber.notified
//	   ▼
//	ticks.add                  waits for the next whole millisecond
//	   │ ticks.tick
//	   ▼
//	Log.MarkDirty              the queue of the room is dirty
//	   ▼
//	Log.collect …              as above, without messages: Reader.Begin reads from the last entry
//	                           that was delivered, Reader.End delivers what follows it
//
// If a notification is lost, Follower.sweepLoop calls MarkDirty, after 5 s at most.
//
// # The queue of a room
//
//	      Log.add, Log.MarkDirty       Log.collect
//	(none) ──────────────────► ready ──────────────► committing
//	   ▲                        ▲  ▲                  │   │   │
//	   │                        │  └─ more has come ──┘   │   │ Redis failed
//	   │                        │                         │   ▼
//	   │                        └── the delay is over ────│ delayed
//	   └──────── nothing is left ─────────────────────────┘
//
// MarkDirty marks the queue dirty. Collecting the queue clears the mark, so a room that is marked
// during a read is read once more.
//
// # How long a message waits
//
//	Redis hangs for less than 2 s        the message only waits, and its ack comes later; the
//	                                     goroutine of Submit that works for the Log waits too
//	one try at a pipeline                2 s    commitTimeout; it is below the time limits of redisconn
//	between two tries                    20 to 500 ms, doubling
//	replicas tell that they have it      750 ms  with --ack-replicas; part of one try
//	all tries of one message             5 s    Options.Patience; then its sender is told to try again
//	the page tries again                 2 s after that, with the same nonce
//
// Lock order: Log.mu, then the locks of package follow (Reader.Begin is called under Log.mu).
// A caller of MarkDirty holds none of the locks of package follow. trims.mu is held with no other.
//
// The package must not know who says something, nor who listens.
package roomlog

import (
	"cmp"
	"context"
	"crypto/rand"
	"sync"
	"time"

	"chatter/shared/capacity"
	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"
)

// How much of a room is kept unless Options say otherwise.
const (
	DefaultMaxLen    = 1000
	DefaultMaxBytes  = 1 << 20
	DefaultRetention = 24 * time.Hour
)

// NonceWindow is how long a nonce is remembered.
const NonceWindow = time.Hour

// Options are the bounds of a log. A zero field means its default.
type Options struct {
	Prefix    string        // of every key; default "chatter:"
	MaxLen    int           // about how many entries a room keeps; default DefaultMaxLen
	MaxBytes  int           // about how many bytes of Redis a room takes; default DefaultMaxBytes
	Retention time.Duration // how long an entry is kept; default DefaultRetention
	Patience  time.Duration // how long an append is retried; default 5 s

	Capacity *capacity.Watch // how full Redis is; may be nil

	Clock func() time.Time // the process's clock, which tests set; default time.Now

	// Appended is called after messages were appended, with the key of the log and the
	// ID of the first of them. It must not block. May be nil.
	Appended func(key string, first wire.ID)
}

func (o Options) withDefaults() Options {
	o.Prefix = cmp.Or(o.Prefix, "chatter:")
	o.MaxLen = cmp.Or(o.MaxLen, DefaultMaxLen)
	o.MaxBytes = cmp.Or(o.MaxBytes, DefaultMaxBytes)
	o.Retention = cmp.Or(o.Retention, DefaultRetention)
	// Long enough for a Redis that restarts from its append-only file, short enough that a
	// guest learns of trouble while looking.
	o.Patience = cmp.Or(o.Patience, 5*time.Second)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o
}

// Log is the logs of all rooms. It is safe for concurrent use.
type Log struct {
	client *redisconn.Client
	opts   Options
	keys   keys
	trims  trims
	clock  clock
	token  string // no other process has it

	mu      sync.Mutex
	closed  bool
	readers func(name.Room) Reader // nil for none
	queues  map[string]*queue      // by room key
	ready   []*queue               // of queues
	workers int                    // goroutines in commitOnce
	led     time.Time              // when a caller of add was last a worker
	failing bool                   // the last pipeline failed

	queued      int // messages that wait or are under way
	queuedBytes int // of their texts
	replyBytes  int // that the replies under way may have

	running sync.WaitGroup
	ctx     context.Context
	stop    context.CancelFunc
}

// New returns the logs kept in c. It starts goroutines, which Close ends; it
// does not close c.
func New(c *redisconn.Client, o Options) *Log {
	o = o.withDefaults()
	ctx, stop := context.WithCancel(context.Background())
	return &Log{
		client: c, opts: o, keys: keys{o.Prefix}, token: rand.Text(),
		trims:  trims{measureEvery: o.MaxBytes / measurePart, rooms: make(map[string]trimmed)},
		clock:  clock{local: o.Clock},
		queues: make(map[string]*queue),
		ctx:    ctx, stop: stop,
	}
}

// Close ends the retries of appends under way, which then fail, and waits for
// its goroutines. To lose nothing, wait for the appends first.
func (l *Log) Close() {
	l.stop()
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.failLate(context.Canceled)
	l.running.Wait()
}

// Channels are the notification channel of room, and the channel that this
// process subscribes to in the same command. Nobody publishes to the second: its
// subscribers tell the append script whether another process follows the room.
func (l *Log) Channels(room name.Room) (notifications, own string) {
	notifications = l.keys.notifications(room)
	return notifications, notifications + ":" + l.token
}

// keys names what a room has in Redis. All of it shares one hash tag, so that
// a room lives on one slot of a Cluster.
type keys struct{ prefix string }

func (k keys) log(room name.Room) string           { return k.room(room) + "log" }
func (k keys) notifications(room name.Room) string { return k.room(room) + "live" }

// removed is a sorted set of the IDs of removed messages. The score of each is when it was
// removed, in milliseconds by Redis's clock.
func (k keys) removed(room name.Room) string { return k.room(room) + "removed" }

// trimmed is the ID of the newest entry that was removed because of the log's size.
func (k keys) trimmed(room name.Room) string { return k.room(room) + "trimmed" }

func (k keys) nonce(room name.Room, n wire.Nonce) string {
	return k.room(room) + "nonce:" + hashNonce(n)
}

func (k keys) room(room name.Room) string {
	return k.prefix + "room:{" + room.EscapedKey() + "}:"
}
