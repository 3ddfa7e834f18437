// Package roomlog keeps each room's log in Redis: it appends messages, reads
// ranges of them, and follows what others append.
//
// The log is a Redis stream, trimmed by length and by age. Append is one Lua
// script, idempotent by nonce, so that it may be sent again after any error.
// The script names each message's predecessor when it publishes it; a
// follower trusts a published message only when it links to the last one the
// follower has, and reads the stream otherwise.
//
// The package must not know who says something, nor who listens.
package roomlog

import (
	"crypto/rand"
	"sync/atomic"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
	"chatter/shared/wire"
)

// Entry is a stored message.
type Entry = wire.Entry

// How much of a room is kept unless Options say otherwise.
const (
	DefaultMaxLen    = 1000
	DefaultRetention = 24 * time.Hour
)

// Options are the bounds of a log. A zero field means its default.
type Options struct {
	Prefix       string        // of every key; default "chatter:"
	MaxLen       int           // about how many entries a room keeps; default DefaultMaxLen
	Retention    time.Duration // how long an entry is kept; default DefaultRetention
	DedupeWindow time.Duration // how long a nonce is remembered; default 1 h
	Patience     time.Duration // how long Append retries; default 5 s
	SweepEvery   time.Duration // how often Follow looks at the stream unasked; default 30 s
}

func (o Options) withDefaults() Options {
	if o.Prefix == "" {
		o.Prefix = "chatter:"
	}
	if o.MaxLen == 0 {
		o.MaxLen = DefaultMaxLen
	}
	if o.Retention == 0 {
		o.Retention = DefaultRetention
	}
	if o.DedupeWindow == 0 {
		o.DedupeWindow = time.Hour
	}
	if o.Patience == 0 {
		// Long enough for a Redis that restarts from its append-only file,
		// short enough that a guest learns of trouble while looking.
		o.Patience = 5 * time.Second
	}
	if o.SweepEvery == 0 {
		o.SweepEvery = 30 * time.Second
	}
	return o
}

// Log is the logs of all rooms. It is safe for concurrent use.
type Log struct {
	client   *redisconn.Client
	opts     Options
	keys     keys
	appender *appender
	token    string                   // nobody else's
	follower atomic.Pointer[Follower] // learns of what is appended; nil for nobody
}

// New returns the logs kept in c. It starts goroutines, which Close ends; it
// does not close c.
func New(c *redisconn.Client, o Options) *Log {
	o = o.withDefaults()
	l := &Log{client: c, opts: o, keys: keys{prefix: o.Prefix}, token: rand.Text()}
	l.appender = newAppender(l)
	return l
}

// Close ends the retries of appends under way, which then fail, and waits for
// its goroutines. To lose nothing, wait for the appends first.
func (l *Log) Close() {
	l.appender.close()
}

// ownChannel goes with a live channel wherever this Log subscribes to that. Nobody
// publishes there: that it is subscribed tells the append script who listens.
func (l *Log) ownChannel(live string) string { return live + ":" + l.token }

// keys names what a room has in Redis. All of it shares one hash tag, so that
// a room lives on one slot of a Cluster.
type keys struct{ prefix string }

func (k keys) log(room name.Room) string  { return k.room(room) + "log" }
func (k keys) live(room name.Room) string { return k.room(room) + "live" }
func (k keys) nonce(room name.Room, n wire.Nonce) string {
	return k.room(room) + "nonce:" + string(n)
}

func (k keys) room(room name.Room) string {
	return k.prefix + "room:{" + room.EscapedKey() + "}:"
}
