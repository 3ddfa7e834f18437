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
	// wanted is how many members are read: spellings of one name share a line, and a name
	// may have two members.
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
	b := p.client.Batch()
	read := func(list string) *redis.Cmd {
		return b.Pipe().Eval(ctx, readSource, []string{p.key(list)}, seconds(p.opts.Every), seconds(p.opts.Keep), wanted)
	}
	users, rooms := read("users"), read("rooms")
	if err := b.Run(ctx); err != nil {
		return nil, err
	}
	lists := new(Lists)
	var err error
	if lists.Users, err = p.lines(users, userKey); err != nil {
		return nil, fmt.Errorf("read recent users: %w", err)
	}
	if lists.Rooms, err = p.lines(rooms, roomKey); err != nil {
		return nil, fmt.Errorf("read recent rooms: %w", err)
	}
	return lists, nil
}

// keyOf returns a name's comparison key.
type keyOf func(name string) (string, error)

func userKey(s string) (string, error) {
	user, err := name.ParseUser(s)
	return user.Key(), err
}

func roomKey(s string) (string, error) {
	room, err := name.ParseRoom(s)
	return room.Key(), err
}

// lines returns the lines of a list from the reply of read.lua.
func (p *Presence) lines(reply *redis.Cmd, key keyOf) ([]Line, error) {
	members, err := reply.StringSlice()
	if err != nil {
		return nil, redisconn.Unavailable("read sorted set", err)
	}
	var all []member
	for pair := range slices.Chunk(members, 2) {
		m := member{name: strings.TrimPrefix(pair[0], "/")}
		score, err := strconv.ParseInt(pair[len(pair)-1], 10, 64)
		if err != nil {
			continue // Chatter writes whole seconds
		}
		m.interval = interval(score)
		if m.key, err = key(m.name); err == nil { // the present rules may refuse it
			m.rank = rank(p.opts.Key, m.interval, m.key)
			all = append(all, m)
		}
	}
	return p.merge(all), nil
}

type member struct {
	name, key string
	interval  interval
	rank      uint64
}

// merge returns the lines to list: one spelling of each name, that of the newest interval,
// and of these the first by name. Of an interval that has too many names it takes those
// with the lowest ranks.
func (p *Presence) merge(all []member) []Line {
	slices.SortFunc(all, func(a, b member) int {
		return cmp.Or(cmp.Compare(b.interval, a.interval), cmp.Compare(a.rank, b.rank), strings.Compare(a.name, b.name))
	})
	listed := make(map[string]bool, Listed)
	all = slices.DeleteFunc(all, func(m member) bool {
		again := listed[m.key]
		listed[m.key] = true
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
