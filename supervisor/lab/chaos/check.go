package main

import (
	"fmt"
	"time"

	"chatter/shared/wire"
)

// keptEntries is how many entries of a log Redis keeps at least. Who comes back to more
// than that is rightly told of a gap.
const keptEntries = 1000

// verdict is what became of what was said. Everything in the lists is a broken guarantee.
type verdict struct {
	Said, Acked, Delivered, Resent, Refusals int
	Abandoned                                int // by guests who vanished before the ack, and not stored

	Lost, Doubled, Reordered []finding
	Gaps                     int // that had their reason
	Unexplained              []finding
}

// finding is one thing that went wrong, and for whom.
type finding struct {
	guest int // -1 for nobody in particular
	room  int
	what  string
}

func (v *verdict) holds() bool {
	return len(v.Lost)+len(v.Doubled)+len(v.Reordered)+len(v.Unexplained) == 0
}

// judge compares what was said, what the logs have, and what everybody saw.
func judge(people []*person, rooms []*roomRecord) *verdict {
	v := new(verdict)
	indexes := make([]*logIndex, len(rooms))
	for i, record := range rooms {
		indexes[i] = v.index(i, record)
	}
	for _, p := range people {
		v.judgeSaid(p, indexes[p.room])
		v.judgeSeen(p, rooms[p.room].entries, indexes[p.room])
	}
	return v
}

// logIndex finds entries of one log.
type logIndex struct {
	byID   map[wire.ID]int
	bySaid map[[2]int]wire.ID
}

// index also finds what stands in the log twice, or in another order than it was said.
func (v *verdict) index(room int, record *roomRecord) *logIndex {
	x := &logIndex{byID: make(map[wire.ID]int), bySaid: make(map[[2]int]wire.ID)}
	newest := make(map[int]int)
	for i, e := range record.entries {
		x.byID[e.id] = i
		said := [2]int{e.from, e.seq}
		if before, twice := x.bySaid[said]; twice {
			v.Doubled = append(v.Doubled, finding{e.from, room, fmt.Sprintf("message %d stands in the log at %v and %v", e.seq, before, e.id)})
			continue
		}
		x.bySaid[said] = e.id
		if e.seq < newest[e.from] {
			v.Reordered = append(v.Reordered, finding{e.from, room, fmt.Sprintf("message %d stands after %d in the log", e.seq, newest[e.from])})
		}
		newest[e.from] = max(newest[e.from], e.seq)
	}
	for _, e := range record.vanished {
		if _, again := x.bySaid[[2]int{e.from, e.seq}]; !again {
			v.Lost = append(v.Lost, finding{e.from, room, fmt.Sprintf("message %d stood in the log at %v, and does no more", e.seq, e.id)})
		}
	}
	return x
}

// judgeSaid looks for every message that p said.
func (v *verdict) judgeSaid(p *person, x *logIndex) {
	lost := func(format string, args ...any) {
		v.Lost = append(v.Lost, finding{p.number, p.room, fmt.Sprintf(format, args...)})
	}
	v.Said += p.asked
	for _, s := range p.said {
		v.Refusals += s.refused
		if s.tries > 1 {
			v.Resent++
		}
		id, stored := x.bySaid[[2]int{p.number, s.seq}]
		switch {
		case s.acked.IsZero() && p.vanished:
			if !stored {
				v.Abandoned++
			}
		case s.acked.IsZero():
			lost("message %d was never acked (sent %d times)", s.seq, s.tries)
		case !stored:
			lost("message %d was acked as %v and is not in the log", s.seq, s.id)
		case id != s.id:
			lost("message %d was acked as %v and stands at %v", s.seq, s.id, id)
		}
		if !s.acked.IsZero() {
			v.Acked++
		}
	}
	if n := p.asked - len(p.said); n > 0 && p.vanished {
		v.Abandoned += n
	} else if n > 0 {
		lost("%d messages were never sent", n)
	}
}

// judgeSeen follows what p saw along the log.
func (v *verdict) judgeSeen(p *person, log []logged, x *logIndex) {
	find := func(list *[]finding, at time.Duration, format string, args ...any) {
		*list = append(*list, finding{p.number, p.room, fmt.Sprintf("at %v: ", at.Round(time.Millisecond)) + fmt.Sprintf(format, args...)})
	}
	const nowhere = -1
	place := nowhere // in the log, of the last message seen
	missing := make(map[int]time.Duration)
	inGap, first := false, false
	astray := false // the last one seen does not stand in the log any more
	var asked wire.ID
	for _, s := range p.seen {
		switch s.what {
		case sawTry:
			asked = s.id
			inGap = false
		case sawPage:
			i, stored := x.byID[s.id]
			if s.id.IsZero() {
				i, stored = nowhere, true
			}
			if !stored {
				find(&v.Lost, s.at, "a page shows %v, which is not in the log", s.id)
				i = nowhere
			} else if i < place {
				find(&v.Lost, s.at, "a page ends with %v, although %v had been seen", s.id, log[place].id)
			}
			place, inGap, astray = i, false, false
		case sawGap:
			inGap, first = true, true
		case sawLive:
			if inGap && first && !astray { // A gap, and nothing after it.
				find(&v.Unexplained, s.at, "a gap, although nothing was said since %v", asked)
			}
			inGap = false
		case sawMessage:
			v.Delivered++
			i, stored := x.byID[s.id]
			switch {
			case !stored:
				astray = true
				find(&v.Lost, s.at, "saw %v (message %d of %d), which is not in the log", s.id, s.seq, s.from)
				continue
			case log[i].from != s.from || log[i].seq != s.seq:
				find(&v.Lost, s.at, "saw at %v another text than the log has", s.id)
			}
			switch skipped := i - place - 1; {
			case place == nowhere:
				place = i
			case inGap && first:
				if skipped < keptEntries-wire.HistoryPage && !astray {
					find(&v.Unexplained, s.at, "a gap, although only %d entries follow %v until %v", skipped, asked, s.id)
				} else {
					v.Gaps++
				}
				place, astray = i, false
			case skipped == 0:
				place = i
			case skipped > 0:
				for j := place + 1; j < i; j++ {
					missing[j] = s.at
				}
				place = i
			case isMissing(missing, i):
				delete(missing, i)
				find(&v.Reordered, s.at, "saw %v after %v", s.id, log[place].id)
			case !inGap:
				find(&v.Doubled, s.at, "saw %v again", s.id)
			}
			first = false
		}
	}
	for i, at := range missing {
		find(&v.Lost, at, "never saw %v", log[i].id)
	}
	if n := len(log) - 1 - place; n > 0 && !p.left {
		find(&v.Lost, 0, "never saw the last %d entries", n)
	}
}

func isMissing(missing map[int]time.Duration, i int) bool {
	_, ok := missing[i]
	return ok
}
