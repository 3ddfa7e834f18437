package recent

import (
	"cmp"
	"maps"
	"slices"

	"chatter/shared/limits"
)

const (
	// shareOf is how many lines of a list a class may bring in each process while others are
	// around, as long as its hash lives. Processes cannot compare classes, so what a class
	// brings to four of them are four different lines.
	shareOf = 1
	// crowd is from how many classes on others are around. Two are no crowd: they may be an
	// office and a member of it at home.
	crowd = 3
	// rememberFor is how many seconds a class is known that does nothing. It is the life of a
	// class's hash: then the class comes back under another one.
	rememberFor = 3600
	// maxClasses bounds the memory for classes.
	maxClasses = 10_000
)

// restored is the class of names that an earlier image of this process has chosen.
var restored = limits.Class{0xff, 0xff, 0xff, 0xff}

// shares knows which classes are around, and which lines they have brought.
type shares map[limits.Class]*share

type share struct {
	seen interval
	// Hashes of looks, by list.
	lines map[string][]uint64
}

// see notes the classes of an interval and forgets those that were not seen for long.
func (s shares) see(l lists) {
	maps.DeleteFunc(s, func(_ limits.Class, known *share) bool { return l.interval-known.seen > rememberFor })
	if len(s) > maxClasses {
		clear(s)
	}
	for _, n := range []*names{l.users, l.rooms} {
		for at := range n.kept {
			if at.class == restored {
				continue
			}
			if s[at.class] == nil {
				s[at.class] = &share{lines: make(map[string][]uint64)}
			}
			s[at.class].seen = l.interval
		}
	}
}

// around returns how many different classes are around at least. Hashes of different lives
// may be the same class.
func (s shares) around() int {
	most, count := 0, make(map[uint32]int)
	for class := range s {
		count[class.Life()]++
		most = max(most, count[class.Life()])
	}
	return most
}

// choose returns the lines that their classes may bring. A line that a class has brought stays,
// whichever class uses it later. hash is another one in each process, so that processes choose
// different names of a class that has several.
func (s shares) choose(list string, lines []line, hash func(look string) uint64) []line {
	brought := make(map[uint64]bool)
	for _, known := range s {
		for _, look := range known.lines[list] {
			brought[look] = true
		}
	}
	load := make(map[limits.Class]int)
	for _, l := range lines {
		for _, class := range l.classes {
			load[class]++
		}
	}
	lines = slices.SortedFunc(slices.Values(lines), func(a, b line) int { return cmp.Compare(hash(a.look), hash(b.look)) })
	return slices.DeleteFunc(lines, func(l line) bool {
		look := hash(l.look)
		return !brought[look] && !slices.Contains(l.classes, restored) && !s.bring(list, look, l.classes, load)
	})
}

// bring notes a new line for one of its classes: of those that may bring one, the class that
// has the fewest lines in this interval. It reports false if there is none.
func (s shares) bring(list string, look uint64, classes []limits.Class, load map[limits.Class]int) bool {
	var by *share
	least := 0
	for _, class := range classes {
		if known := s[class]; len(known.lines[list]) < shareOf && (by == nil || load[class] < least) {
			by, least = known, load[class]
		}
	}
	if by != nil {
		by.lines[list] = append(by.lines[list], look)
	}
	return by != nil
}
