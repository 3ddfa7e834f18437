package main

import (
	"fmt"
	"time"

	"chatter/shared/wire"
)

// keptEntries is the least number of entries that Redis keeps of a log. A client that has
// missed more is told of a gap.
const keptEntries = 1000

// Kinds of findings.
const (
	lost        = "lost"
	doubled     = "doubled"
	reordered   = "reordered"
	unexplained = "unexplained gap"
)

// verdict is the result of comparing the histories with the logs.
type verdict struct {
	said, acked, delivered, resent, refused int
	abandoned                               int // by clients that vanished before the ack; not stored
	gaps                                    int // with a reason

	findings []finding
}

// finding is a broken guarantee.
type finding struct {
	kind         string
	client, room int
	what         string
}

func (v *verdict) find(kind string, client, room int, format string, args ...any) {
	v.findings = append(v.findings, finding{kind, client, room, fmt.Sprintf(format, args...)})
}

func (v *verdict) count(kind string) (n int) {
	for _, f := range v.findings {
		if f.kind == kind {
			n++
		}
	}
	return n
}

// judge compares the messages that clients have said, the logs, and the messages that clients
// have seen.
func judge(clients []*client, rooms []*roomRecord) *verdict {
	v := new(verdict)
	indexes := make([]*logIndex, len(rooms))
	for i, record := range rooms {
		indexes[i] = v.index(i, record)
	}
	for _, c := range clients {
		v.judgeSaid(c, indexes[c.room])
		v.judgeSeen(c, rooms[c.room].entries, indexes[c.room])
	}
	return v
}

// logIndex finds entries of one log.
type logIndex struct {
	byID   map[wire.ID]int
	bySaid map[[2]int]wire.ID // by client and number
}

// index finds messages that are in the log twice, or in another order than they were said.
func (v *verdict) index(room int, record *roomRecord) *logIndex {
	x := &logIndex{byID: make(map[wire.ID]int), bySaid: make(map[[2]int]wire.ID)}
	newest := make(map[int]int)
	for i, e := range record.entries {
		x.byID[e.id] = i
		if e.from == 0 {
			continue // by an attacker
		}
		said := [2]int{e.from, e.seq}
		if before, twice := x.bySaid[said]; twice {
			v.find(doubled, e.from, room, "message %d is in the log at %v and %v", e.seq, before, e.id)
			continue
		}
		x.bySaid[said] = e.id
		if e.seq < newest[e.from] {
			v.find(reordered, e.from, room, "message %d is after %d in the log", e.seq, newest[e.from])
		}
		newest[e.from] = max(newest[e.from], e.seq)
	}
	for _, e := range record.vanished {
		if _, again := x.bySaid[[2]int{e.from, e.seq}]; !again {
			v.find(lost, e.from, room, "message %d was in the log at %v and is not any more", e.seq, e.id)
		}
	}
	return x
}

// judgeSaid looks for each message of a client in the log.
func (v *verdict) judgeSaid(c *client, x *logIndex) {
	for _, m := range c.said {
		v.said++
		v.refused += m.refused
		if m.tries > 1 {
			v.resent++
		}
		id, stored := x.bySaid[[2]int{c.number, m.seq}]
		acked := !m.acked.IsZero()
		switch {
		case !acked && c.vanished:
			if !stored {
				v.abandoned++
			}
		case !acked:
			v.find(lost, c.number, c.room, "message %d was never acked (sent %d times)", m.seq, m.tries)
		case !stored:
			v.find(lost, c.number, c.room, "message %d was acked as %v and is not in the log", m.seq, m.id)
		case id != m.id:
			v.find(lost, c.number, c.room, "message %d was acked as %v and is at %v", m.seq, m.id, id)
		}
		if acked {
			v.acked++
		}
	}
}

// judgeSeen compares the events of a client with the log.
func (v *verdict) judgeSeen(c *client, log []logged, x *logIndex) {
	find := func(kind string, at time.Duration, format string, args ...any) {
		v.find(kind, c.number, c.room, "at %v: %s", at.Round(time.Millisecond), fmt.Sprintf(format, args...))
	}
	const nowhere = -1
	place := nowhere // of the last seen message in the log
	missing := make(map[int]time.Duration)
	inGap, first := false, false
	astray := false // the last seen message is not in the log any more
	var cursor wire.ID
	for _, e := range c.events {
		switch e.what {
		case opensSocket:
			cursor = e.id
			inGap = false
		case sawPage:
			i, stored := x.byID[e.id]
			if e.id.IsZero() {
				i, stored = nowhere, true
			}
			if !stored {
				find(lost, e.at, "a page shows %v, which is not in the log", e.id)
				i = nowhere
			} else if i < place {
				find(lost, e.at, "a page ends with %v, although %v had been seen", e.id, log[place].id)
			}
			place, inGap, astray = i, false, false
		case sawGap:
			inGap, first = true, true
		case sawLive:
			if inGap && first && !astray { // A gap, and no message after it.
				find(unexplained, e.at, "a gap, although no message is newer than %v", cursor)
			}
			inGap = false
		case sawMessage:
			v.delivered++
			i, stored := x.byID[e.id]
			if !stored {
				astray = true
				find(lost, e.at, "saw %v (message %d of %d), which is not in the log", e.id, e.seq, e.from)
				continue
			}
			if log[i].from != e.from || log[i].seq != e.seq {
				find(lost, e.at, "saw at %v another text than the log has", e.id)
			}
			skipped := i - place - 1
			_, late := missing[i]
			switch {
			case place == nowhere:
				place = i
			case inGap && first:
				if skipped < keptEntries-wire.HistoryPage && !astray {
					find(unexplained, e.at, "a gap, although only %d entries are between %v and %v", skipped, cursor, e.id)
				} else {
					v.gaps++
				}
				place, astray = i, false
			case skipped >= 0:
				for j := place + 1; j < i; j++ {
					missing[j] = e.at
				}
				place = i
			case late:
				delete(missing, i)
				find(reordered, e.at, "saw %v after %v", e.id, log[place].id)
			case !inGap:
				find(doubled, e.at, "saw %v again", e.id)
			}
			first = false
		}
	}
	for i, at := range missing {
		find(lost, at, "never saw %v", log[i].id)
	}
	if n := len(log) - 1 - place; n > 0 && !c.left {
		find(lost, 0, "never saw the last %d entries", n)
	}
}
