// Package recent publishes presence: which guests were here, and in which rooms something
// was said, in which interval. It keeps two sorted sets in Redis, name → interval.
//
// A guest who reads the lists all the time must learn no more than the finished intervals:
//
//	interval i            window  interval i+1
//	├─────────────────────┼──┬──┬─────────────────
//	names in memory       │  │  │
//	             users are written
//	                    rooms are written
//	                            readers show i, all of it
//
// A process keeps the names of the running interval in memory. In the window, the first
// fiftieth of the next interval, it writes them, sorted, in one command for each list.
// Readers show the interval after the window. All of this goes by Redis's clock.
//
// A write that fails is tried again in the window. After the window the names count for
// the next interval, because an interval is never shown in two parts. A reload keeps the
// names (Save, Restore). A process that stops writes them at once (Close).
//
// The package must not know messages: a room counts as used when its caller says so.
package recent

import (
	"context"
	"sync"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"
)

const (
	// DefaultEvery is the length of an interval unless Options say otherwise.
	DefaultEvery = 5 * time.Minute
	// MaxKeep is how long a name is listed at most.
	MaxKeep = 24 * time.Hour
	// windowShare is the part of an interval in which the interval before is written;
	// publish.lua and read.lua use the same.
	windowShare = 50
)

// Options are the same in all processes. A zero field means its default.
type Options struct {
	Prefix string        // of both keys; default "chatter:"
	Every  time.Duration // the length of an interval, in whole seconds; default DefaultEvery
	Keep   time.Duration // how long a name is listed, at most MaxKeep; default MaxKeep
	Key    []byte        // chooses the names of an interval that has too many

	// Expires is told when the names that this process has written expire. It must not
	// block. Nil tells nobody.
	Expires func(time.Time)
}

// Presence collects the names of the running interval, publishes them, and reads what is
// published. It is safe for concurrent use.
type Presence struct {
	client *redisconn.Client
	opts   Options
	clock  redisClock // owned by loop
	around func(add func(name.User))

	mu      sync.Mutex
	visited lists     // of the running interval
	ended   lists     // of the interval before, as long as they are not written
	late    lists     // of intervals before that, as far as they could not be written
	failing time.Time // since when writes fail; zero = they do not

	stop    context.CancelFunc
	running sync.WaitGroup
}

// New returns a Presence that reads. Start makes it publish.
func New(c *redisconn.Client, o Options) *Presence {
	if o.Prefix == "" {
		o.Prefix = "chatter:"
	}
	if o.Every == 0 {
		o.Every = DefaultEvery
	}
	if o.Keep == 0 {
		o.Keep = MaxKeep
	}
	o.Keep = min(o.Keep, MaxKeep)
	p := &Presence{client: c, opts: o, clock: newRedisClock(time.Now()), stop: func() {}}
	p.visited = p.newLists(intervalAt(p.clock.now(), o.Every))
	return p
}

// Start begins to publish; Close ends it. around calls add for each guest who is here
// now. It is called when an interval begins; nil adds nobody.
func (p *Presence) Start(around func(add func(name.User))) {
	if around == nil {
		around = func(func(name.User)) {}
	}
	p.around = around
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	p.running.Go(func() { p.loop(ctx) })
}

// Visit notes that the guest is here. It sends nothing to Redis.
func (p *Presence) Visit(user name.User) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.visited.users.add(user.Key(), user.String())
}

// Used notes that something was said in the room. It sends nothing to Redis.
func (p *Presence) Used(room name.Room) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.visited.rooms.add(room.Key(), room.String())
}

// closeTimeout bounds the last write.
const closeTimeout = time.Second

// Close ends publishing, and writes the names of the running interval at once, because
// this process will not be there when the interval is over.
func (p *Presence) Close() {
	p.stop()
	p.running.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	left := p.unpublished()
	p.write(ctx, "users", left.interval, left.users.sorted())
	p.write(ctx, "rooms", left.interval, left.rooms.sorted())
}

// unpublished returns all names that are not written yet, as names of the running
// interval.
func (p *Presence) unpublished() lists {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.newLists(p.visited.interval)
	for _, l := range []lists{p.visited, p.ended, p.late} {
		all.addAll(l)
	}
	return all
}

func (p *Presence) key(list string) string { return p.opts.Prefix + "recent:" + list }
