package recent

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"slices"
	"strconv"
	"strings"

	"chatter/shared/limits"
)

// maxNames is how many names of an interval are kept in each list. A name has up to 200
// bytes, and anybody can invent names.
const maxNames = 1000

// names are the names of one list in one interval, at most 2*maxNames in memory and maxNames
// in lines.
type names struct {
	rank func(text string) uint64
	kept map[sighting]spelled
}

// sighting is a name, by its comparison key, that guests of a class used.
type sighting struct {
	class limits.Class
	key   string
}

type spelled struct {
	spelling, look string
	rank           uint64 // of the look
}

// named is a name.User or a name.Room.
type named interface {
	String() string
	Key() string
	Look() string
}

// add adds a name. Of several spellings in a class it keeps the first by name.
func add[N named](n *names, class limits.Class, name N) {
	at := sighting{class, name.Key()}
	if old, ok := n.kept[at]; !ok || name.String() < old.spelling {
		n.put(at, name.String(), name.Look())
	}
}

func (n *names) put(at sighting, spelling, look string) {
	n.kept[at] = spelled{spelling, look, n.rank(look)}
	if len(n.kept) >= 2*maxNames {
		n.shrink()
	}
}

// shrink drops all but maxNames sightings. It takes them from the classes in turn, from each
// class those with the lowest ranks.
func (n *names) shrink() {
	if len(n.kept) <= maxNames {
		return
	}
	type placed struct {
		sighting
		spelled
		place int // in its class
	}
	var all []placed
	for at, s := range n.kept {
		all = append(all, placed{at, s, 0})
	}
	slices.SortFunc(all, func(a, b placed) int {
		return cmp.Or(slices.Compare(a.class[:], b.class[:]), cmp.Compare(a.rank, b.rank), strings.Compare(a.spelling, b.spelling))
	})
	for i := 1; i < len(all); i++ {
		if all[i].class == all[i-1].class && all[i].class != restored {
			all[i].place = all[i-1].place + 1
		}
	}
	slices.SortFunc(all, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.rank, b.rank), strings.Compare(a.spelling, b.spelling))
	})
	clear(n.kept)
	for _, p := range all[:maxNames] {
		n.kept[p.sighting] = p.spelled
	}
}

// line is a name to publish, and the classes that used it or a name that looks like it.
type line struct {
	spelling, look string
	rank           uint64
	classes        []limits.Class
}

// lines returns one line for each look, those with the lowest ranks first. It shows the
// spelling that most classes use. Of those that as many use it shows the one with the lowest
// rank; a class that uses several counts for the one with the highest. So a class that tries
// many spellings of a name does not make it likelier that one of them replaces the name.
func (n *names) lines() []line {
	n.shrink()
	byLook := make(map[string]map[limits.Class]string)
	for at, s := range n.kept {
		spellings := byLook[s.look]
		if spellings == nil {
			spellings = make(map[limits.Class]string)
			byLook[s.look] = spellings
		}
		if other, ok := spellings[at.class]; !ok || n.rank(s.spelling) > n.rank(other) {
			spellings[at.class] = s.spelling
		}
	}
	lines := make([]line, 0, len(byLook))
	for look, spellings := range byLook {
		l := line{look: look, rank: n.rank(look)}
		votes := make(map[string]int)
		for class, spelling := range spellings {
			l.classes = append(l.classes, class)
			votes[spelling]++
		}
		for spelling, count := range votes {
			if most := votes[l.spelling]; count > most || count == most && n.rank(spelling) < n.rank(l.spelling) {
				l.spelling = spelling
			}
		}
		lines = append(lines, l)
	}
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.rank, b.rank) })
	return lines
}

// sorted returns the names in the order of names.
func sorted(lines []line) []string {
	names := make([]string, len(lines))
	for i, l := range lines {
		names[i] = l.spelling
	}
	slices.Sort(names)
	return names
}

// addAll adds the names of another interval.
func (n *names) addAll(other *names) {
	for at, s := range other.kept {
		n.put(at, s.spelling, s.look)
	}
}

// The lists.
const (
	users = "users"
	rooms = "rooms"
)

// lists are the names of an interval, by list. A list that is written is not in it.
type lists struct {
	interval interval
	names    map[string]*names
}

func (p *Presence) newLists(i interval) lists {
	l := lists{i, make(map[string]*names)}
	for _, list := range []string{users, rooms} {
		l.names[list] = &names{func(text string) uint64 { return rank(p.opts.Key, i, text) }, make(map[sighting]spelled)}
	}
	return l
}

// addAll adds the names of another interval.
func (l lists) addAll(other lists) {
	for list, names := range other.names {
		l.names[list].addAll(names)
	}
}

// rank orders the names of an interval. Without the key nobody can choose a name that is
// first, and the order is another one in each interval.
func rank(key []byte, i interval, text string) uint64 {
	h := hmac.New(sha256.New, key)
	io.WriteString(h, strconv.FormatInt(int64(i), 10)+" "+text)
	return binary.BigEndian.Uint64(h.Sum(nil))
}
