// Package roomlog keeps each room's log in Redis: it appends messages, reads
// ranges of the log, and reads the logs of followed rooms forward.
//
// The log is a Redis stream, trimmed by length, by size and by age. No read returns an entry that
// is older than the retention, even if it has not been trimmed yet. Ages are compared by
// Redis's clock, which made the IDs (clock.go). One Lua script
// appends, idempotent by nonce, so that it may be sent again after any error.
// It notifies the processes that follow the room. A notification is empty: only
// the stream tells what is new.
//
// All commands for appending and following go through one loop, the committer.
// A pipeline holds, for each of its rooms, the append script with the messages
// that wait, and at most one read. The queue of a room has these states:
//
//	         messages, or a read            taken by a worker
//	(none) ───────────────────────► ready ───────────────────► committing
//	   ▲                             ▲ ▲                        │   │   │
//	   │                             │ └── more has come ───────┘   │   │ Redis
//	   │                             │                              │   │ failed
//	   │                             └──── the delay is over ── delayed ◄
//	   └───────────────── nothing is left ──────────────────────────┘
//
// A read that is asked for marks the queue dirty. Taking the queue clears the
// mark, so a read that is asked for during a read causes one more.
//
// How long a message waits for a Redis that hangs or is away:
//
//	one try at a pipeline       2 s    commitTimeout; it is below the time limits of redisconn
//	between two tries           20 to 500 ms, doubling
//	replicas tell they have it  750 ms  with --ack-replicas; part of one try
//	all tries of one message    5 s    Options.Patience; then its sender is told to try again
//	the page tries again        2 s after that, with the same nonce
//
// Lock order: committer.mu, then the locks of the Follower (which is called under
// it), then trims.mu. A caller of Log.Read holds none of the Follower's locks.
//
// The package must not know who says something, nor who listens.
package roomlog

import (
	"crypto/rand"
	"time"

	"chatter/shared/capacity"
	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"
)

// Entry is a stored message.
type Entry = wire.Entry

// How much of a room is kept unless Options say otherwise.
const (
	DefaultMaxLen    = 1000
	DefaultMaxBytes  = 1 << 20
	DefaultRetention = 24 * time.Hour

	DefaultDedupeWindow = time.Hour
)

// Options are the bounds of a log. A zero field means its default.
type Options struct {
	Prefix       string        // of every key; default "chatter:"
	MaxLen       int           // about how many entries a room keeps; default DefaultMaxLen
	MaxBytes     int           // about how many bytes of Redis a room takes; default DefaultMaxBytes
	Retention    time.Duration // how long an entry is kept; default DefaultRetention
	DedupeWindow time.Duration // how long a nonce is remembered; default DefaultDedupeWindow
	Patience     time.Duration // how long Append retries; default 5 s

	Capacity *capacity.Watch // how full Redis is; may be nil

	Clock func() time.Time // the process's clock, which tests set; default time.Now

	// Appended is called after messages were appended, with the key of the log and the
	// ID of the first of them. It must not block. May be nil.
	Appended func(key string, first wire.ID)
}

func (o Options) withDefaults() Options {
	if o.Prefix == "" {
		o.Prefix = "chatter:"
	}
	if o.MaxLen == 0 {
		o.MaxLen = DefaultMaxLen
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.Retention == 0 {
		o.Retention = DefaultRetention
	}
	if o.DedupeWindow == 0 {
		o.DedupeWindow = DefaultDedupeWindow
	}
	if o.Patience == 0 {
		// Long enough for a Redis that restarts from its append-only file,
		// short enough that a guest learns of trouble while looking.
		o.Patience = 5 * time.Second
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o
}

// Log is the logs of all rooms. It is safe for concurrent use.
type Log struct {
	client    *redisconn.Client
	opts      Options
	keys      keys
	committer *committer
	trims     trims
	clock     clock
	token     string // no other process has it
}

// New returns the logs kept in c. It starts goroutines, which Close ends; it
// does not close c.
func New(c *redisconn.Client, o Options) *Log {
	o = o.withDefaults()
	l := &Log{client: c, opts: o, keys: keys{prefix: o.Prefix}, token: rand.Text()}
	l.clock.local = o.Clock
	l.trims.measureEvery = o.MaxBytes / measurePart
	l.committer = newCommitter(l)
	return l
}

// Close ends the retries of appends under way, which then fail, and waits for
// its goroutines. To lose nothing, wait for the appends first.
func (l *Log) Close() { l.committer.close() }

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
