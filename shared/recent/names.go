package recent

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
)

// maxNames is how many names of an interval are kept in each list. A name has up to 200
// bytes, and anybody can invent names.
const maxNames = 1000

// names are the names of one list in one interval: those with the lowest ranks, at most
// 2*maxNames in memory and maxNames in sorted.
type names struct {
	rank  func(key string) uint64
	kept  map[string]rankedName // by comparison key
	bound uint64                // a name with a higher rank is not kept
}

type rankedName struct {
	spelling string
	rank     uint64
}

// add adds a name. Of several spellings it keeps the first by name.
func (n *names) add(key, spelling string) {
	if old, ok := n.kept[key]; ok {
		n.kept[key] = rankedName{min(spelling, old.spelling), old.rank}
		return
	}
	rank := n.rank(key)
	if rank > n.bound {
		return
	}
	n.kept[key] = rankedName{spelling, rank}
	if len(n.kept) >= 2*maxNames {
		n.shrink()
	}
}

// shrink drops all but maxNames names.
func (n *names) shrink() {
	if len(n.kept) <= maxNames {
		return
	}
	var ranks []uint64
	for _, ranked := range n.kept {
		ranks = append(ranks, ranked.rank)
	}
	slices.Sort(ranks)
	n.bound = ranks[maxNames-1]
	maps.DeleteFunc(n.kept, func(_ string, ranked rankedName) bool { return ranked.rank > n.bound })
}

// sorted returns the names in the order of names.
func (n *names) sorted() []string {
	n.shrink()
	spellings := make([]string, 0, len(n.kept))
	for _, ranked := range n.kept {
		spellings = append(spellings, ranked.spelling)
	}
	slices.Sort(spellings)
	return spellings
}

// lists are the names of an interval. A list that is written is nil.
type lists struct {
	interval     interval
	users, rooms *names
}

func (p *Presence) newLists(i interval) lists {
	newNames := func() *names {
		return &names{rank: func(key string) uint64 { return rank(p.opts.Key, i, key) }, kept: make(map[string]rankedName), bound: math.MaxUint64}
	}
	return lists{i, newNames(), newNames()}
}

// addAll adds the names of another interval. nil lists have none.
func (l lists) addAll(other lists) {
	l.users.addAll(other.users)
	l.rooms.addAll(other.rooms)
}

func (n *names) addAll(other *names) {
	if other == nil {
		return
	}
	for key, ranked := range other.kept {
		n.add(key, ranked.spelling)
	}
}

// rank orders the names of an interval. Without the key nobody can choose a name that is
// first, and the order is another one in each interval.
func rank(key []byte, i interval, name string) uint64 {
	h := hmac.New(sha256.New, key)
	io.WriteString(h, strconv.FormatInt(int64(i), 10)+" "+name)
	return binary.BigEndian.Uint64(h.Sum(nil))
}
