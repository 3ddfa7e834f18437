package recent

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"chatter/shared/name"
	"chatter/shared/redisconn"

	"github.com/redis/go-redis/v9"
)

const (
	// Listed is how many users and how many rooms are listed.
	Listed = 50
	// wanted is how many members are read at first: names that look alike share a line, and a
	// name may have two members.
	wanted = 4 * Listed
)

//go:embed read.lua
var readSource string

// Line is a name of an interval that ended at At.
type Line struct {
	Name string
	Key  string // equal for all spellings of the name
	At   time.Time
}

// Lists are the recent users and rooms, the newest interval first, sorted by name inside an
// interval.
type Lists struct {
	Users, Rooms []Line
}

// Equal reports whether both show the same.
func (l *Lists) Equal(other *Lists) bool {
	return slices.Equal(l.Users, other.Users) && slices.Equal(l.Rooms, other.Rooms)
}

// Read reads the lists. They change only when an interval is published. It blocks for
// Redis; the error wraps redisconn.ErrUnavailable.
func (p *Presence) Read(ctx context.Context) (*Lists, error) {
	lists, whole, err := p.read(ctx, wanted)
	if err == nil && !whole {
		// Many members are names that look alike.
		lists, _, err = p.read(ctx, maxMembers)
	}
	return lists, err
}

// read reads as many members of each list as wanted. It reports whether more of them would
// give no more lines.
func (p *Presence) read(ctx context.Context, wanted int) (l *Lists, whole bool, err error) {
	b := p.client.Batch()
	read := func(list string) *redis.Cmd {
		return b.Pipe().Eval(ctx, readSource, []string{p.key(list)}, seconds(p.opts.Every), seconds(p.opts.Keep), wanted)
	}
	replies := map[string]*redis.Cmd{users: read(users), rooms: read(rooms)}
	if err := b.Run(ctx); err != nil {
		return nil, false, err
	}
	lines := make(map[string][]Line)
	whole = true
	for list, reply := range replies {
		members, err := reply.StringSlice()
		if err != nil {
			return nil, false, fmt.Errorf("read recent %s: %w", list, redisconn.Unavailable("read sorted set", err))
		}
		lines[list] = p.merge(p.members(list, members))
		whole = whole && (len(lines[list]) == Listed || len(members) < 2*wanted)
	}
	return &Lists{lines[users], lines[rooms]}, whole, nil
}

// member is a name in Redis.
type member struct {
	name, key, look string
	interval        interval
	rank            uint64
}

// members returns the members in the reply of read.lua. The rules for names of users and of
// rooms are the same.
func (p *Presence) members(list string, reply []string) []member {
	var all []member
	for pair := range slices.Chunk(reply, 2) {
		score, err := strconv.ParseInt(pair[len(pair)-1], 10, 64)
		if err != nil {
			continue // Chatter writes whole seconds
		}
		n, err := name.ParseUser(strings.TrimPrefix(pair[0], "/"))
		if err != nil || p.opts.Hides(list, n.Key()) { // an error: the present rules refuse it
			continue
		}
		m := member{name: n.String(), key: n.Key(), look: n.Look(), interval: interval(score)}
		m.rank = rank(p.opts.Key, m.interval, m.look)
		all = append(all, m)
	}
	return all
}

// merge returns the lines to list: one for all names of one key or one look, with the
// spelling of the newest interval, and of these the one with the lowest rank. Of an interval
// that has too many names it takes those with the lowest ranks.
func (p *Presence) merge(all []member) []Line {
	spelling := func(m member) uint64 { return rank(p.opts.Key, m.interval, m.name) }
	slices.SortFunc(all, func(a, b member) int {
		order := cmp.Or(cmp.Compare(b.interval, a.interval), cmp.Compare(a.rank, b.rank))
		if order == 0 && a.name != b.name {
			order = cmp.Compare(spelling(a), spelling(b))
		}
		return order
	})
	listed := make(map[string]bool, 2*Listed)
	all = slices.DeleteFunc(all, func(m member) bool {
		again := listed["key "+m.key] || listed["look "+m.look]
		if !again {
			listed["key "+m.key], listed["look "+m.look] = true, true
		}
		return again
	})
	all = all[:min(len(all), Listed)]
	slices.SortFunc(all, func(a, b member) int {
		return cmp.Or(cmp.Compare(b.interval, a.interval), strings.Compare(a.name, b.name))
	})
	lines := make([]Line, len(all))
	for i, m := range all {
		lines[i] = Line{m.name, m.key, m.interval.end(p.opts.Every)}
	}
	return lines
}
