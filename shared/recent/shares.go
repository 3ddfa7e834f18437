package recent

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"chatter/shared/limits"
)

const (
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

// share is what is known of a class. While others are around, it may bring one line to each
// list as long as its hash lives. Processes cannot compare classes, so a class brings four
// different lines to four processes.
type share struct {
	seen  interval
	lines map[string]uint64 // hash of the look of the line that it has brought, by list
}

// see notes the classes of an interval and forgets those that were not seen for long.
func (s shares) see(l lists) {
	maps.DeleteFunc(s, func(_ limits.Class, known *share) bool { return l.interval-known.seen > rememberFor })
	if len(s) > maxClasses {
		clear(s)
	}
	for _, n := range l.names {
		for at := range n.kept {
			if at.class == restored {
				continue
			}
			if s[at.class] == nil {
				s[at.class] = &share{lines: make(map[string]uint64)}
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
		if look, ok := known.lines[list]; ok {
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
		known := s[class]
		if _, has := known.lines[list]; !has && (by == nil || load[class] < least) {
			by, least = known, load[class]
		}
	}
	if by != nil {
		by.lines[list] = look
	}
	return by != nil
}

// announce tells all processes, shortly before an interval ends, that this process has seen
// a crowd. The message is empty and stored nowhere. If it is lost, the other processes go by
// what they have seen themselves.
func (p *Presence) announce(ctx context.Context) {
	p.mu.Lock()
	p.shares.see(p.visited)
	around := p.shares.around()
	p.mu.Unlock()
	if around < crowd {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, max(p.window(), minTryTime))
	defer cancel()
	p.client.Universal().Publish(ctx, p.key("around"), "")
}

// hear notes when a process has seen a crowd.
func (p *Presence) hear(ctx context.Context) {
	p.client.Listen(ctx, p.key("around"), false, func() {}, func(string) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.heard = time.Now()
	})
}

// choose returns the names to publish, by list and sorted: while others are around, not more
// of a class than its share. p.mu must be held.
func (p *Presence) choose(l lists) map[string][]string {
	p.shares.see(l)
	crowded := p.shares.around() >= crowd || time.Since(p.heard) < 2*p.opts.Every
	hash := func(look string) uint64 { return rank(p.own, 0, look) }
	chosen := make(map[string][]string)
	for list, n := range l.names {
		lines := n.lines()
		if crowded {
			all := len(lines)
			lines = p.shares.choose(list, lines, hash)
			p.leftOut += all - len(lines)
		}
		chosen[list] = sorted(lines)
	}
	return chosen
}

// LeftOut is how often a name was not published because its class had brought its share.
func (p *Presence) LeftOut() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return float64(p.leftOut)
}
