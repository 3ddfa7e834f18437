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
// # Which names
//
// Nobody can choose to be in the lists. Of an interval's names those with the lowest keyed
// hashes are written (maxNames of a process) and listed (Listed). The hash is that of the
// name's look, so that names that look alike are one line.
//
// While others are around, an address class brings a new line to each list only once an hour
// in each process (see shares). Processes cannot compare classes, so this makes:
//
//   - Four lines of a class in an hour with the four processes of a default site, n lines with
//     n processes, and as many again when the hash of classes changes, when a process starts
//     and for sockets that were opened under an earlier hash.
//   - More over many hours: names of earlier hours fill the lines that others leave free.
//   - All lines for a class that was alone when it brought them, until others replace them.
//   - One line of a large network or a family in each process. Its other names are not
//     listed.
//   - A guest who talks alone in several rooms finds some of them missing. If there is room in
//     the list, others conclude that somebody at the same address talks elsewhere, too. Rooms
//     in which several classes talk are hardly ever missing.
//
// Others are around if a process has seen three classes within an hour. It tells all
// processes so by an empty message, which is stored nowhere. Guests whose sockets were opened
// under different hashes do not count as different. Two classes have no limit: an office and
// a member of it at home see all their names. Without others, a class has all lines.
//
// A class is kept in memory, for an hour after its last visit or as long as its socket is
// open. Nothing of it is sent or stored.
//
// An unlisted room leaves no trace: nothing of it is kept, counted or sent.
//
// The package must not know messages: a room counts as used when its caller says so.
package recent

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"chatter/shared/background"
	"chatter/shared/limits"
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

	// Hides reports whether the name with this key is not to be listed, in "users" or "rooms". It
	// must not block. Nil hides nothing.
	Hides func(list, key string) bool
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
	around func(add func(name.User, limits.Class))
	own    []byte // a key of this process

	mu      sync.Mutex
	visited lists     // of the running interval
	ended   lists     // of the interval before, as long as they are not written
	late    lists     // of intervals before that, as far as they could not be written
	failing time.Time // since when writes fail; zero = they do not
	shares  shares
	heard   time.Time // when a process has told last that it sees a crowd
	leftOut int

	tasks background.Tasks
}

// New returns a Presence that reads. Start makes it publish.
func New(c *redisconn.Client, o Options) *Presence {
	o.Prefix = cmp.Or(o.Prefix, "chatter:")
	o.Every = cmp.Or(o.Every, DefaultEvery)
	o.Keep = min(cmp.Or(o.Keep, MaxKeep), MaxKeep)
	if o.Hides == nil {
		o.Hides = func(string, string) bool { return false }
	}
	p := &Presence{client: c, opts: o, own: make([]byte, 32), clock: newRedisClock(time.Now()), shares: make(shares)}
	rand.Read(p.own)
	p.visited = p.newLists(intervalAt(p.clock.now(), o.Every))
	return p
}

// Start begins to publish; Close ends it. around calls add for each guest who is here now,
// with the class of the guest's address. It is called when an interval begins; nil adds
// nobody.
func (p *Presence) Start(around func(add func(name.User, limits.Class))) {
	if around == nil {
		around = func(func(name.User, limits.Class)) {}
	}
	p.around = around
	p.tasks.Go(p.loop)
	p.tasks.Go(p.hear)
}

// Visit notes that the guest is here. It sends nothing to Redis.
func (p *Presence) Visit(user name.User, class limits.Class) {
	p.mu.Lock()
	defer p.mu.Unlock()
	add(p.visited.names[users], class, user)
}

// Used notes that a guest of this class said something in the room, unless the room is
// unlisted. It sends nothing to Redis.
func (p *Presence) Used(room name.Room, class limits.Class) {
	if room.Unlisted() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	add(p.visited.names[rooms], class, room)
}

// closeTimeout bounds the last write.
const closeTimeout = time.Second

// Close ends publishing, and writes the names of the running interval at once, because
// this process will not be there when the interval is over.
func (p *Presence) Close() {
	p.tasks.Close()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	i, unpublished := p.unpublished()
	for list, names := range unpublished {
		p.write(ctx, list, i, names, mayRun)
	}
}

// unpublished returns all names to publish that are not written yet, by list, as names of the
// running interval.
func (p *Presence) unpublished() (interval, map[string][]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.newLists(p.visited.interval)
	for _, l := range []lists{p.visited, p.ended, p.late} {
		all.addAll(l)
	}
	return all.interval, p.choose(all)
}

func (p *Presence) key(list string) string { return p.opts.Prefix + "recent:" + list }

// saved is the form of what Save returns.
type saved struct {
	Users, Rooms []string
}

// Save returns the names that are not published yet, for the next image of this process.
func (p *Presence) Save() ([]byte, error) {
	_, unpublished := p.unpublished()
	return json.Marshal(saved{unpublished[users], unpublished[rooms]})
}

// Restore adds names that Save returned to the running interval.
func (p *Presence) Restore(state []byte) error {
	var s saved
	if err := json.Unmarshal(state, &s); err != nil {
		return fmt.Errorf("restore presence: %w", err)
	}
	for _, text := range s.Users {
		if user, err := name.ParseUser(text); err == nil {
			p.Visit(user, restored)
		}
	}
	for _, text := range s.Rooms {
		if room, err := name.ParseRoom(text); err == nil {
			p.Used(room, restored)
		}
	}
	return nil
}
