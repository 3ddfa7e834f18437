package mutes

import (
	"cmp"
	"encoding/hex"
	"slices"
	"time"

	"chatter/shared/name"
	"chatter/shared/session"
	"chatter/shared/wire"
)

// maxMutes bounds the mutes in force: each message costs a test of each.
const maxMutes = 1000

// mute is what a process knows of a mute.
type mute struct {
	ends     int64 // Unix seconds, a multiple of the interval
	turn     int   // how often it was lifted and given again: it is in force if even
	interval int64 // in which this process learned it; it is written after that
	written  bool  // Redis has it
}

func (m *mute) inForce(now int64) bool { return m.turn%2 == 0 && now < m.ends }

// Order is a mute in force, as the operator sees it.
type Order struct {
	Handle string
	Ends   time.Time
}

func handle(m mark) string { return hex.EncodeToString(m[:5]) }

// Stored notes that this process stored a message of the author.
func (x *Mutes) Stored(author session.Author, room name.Room, id wire.ID) {
	x.marks.add(x.opts.Now(), author, room, id)
}

// Muted reports whether the author is muted, and for how long. It counts a message of a muted
// author as refused.
func (x *Mutes) Muted(author session.Author) (left time.Duration, muted bool) {
	now := x.opts.Now()
	x.mu.RLock()
	var ends int64
	for mark, m := range x.mutes {
		if m.inForce(now.Unix()) && mark.matches(author) {
			ends = max(ends, m.ends)
		}
	}
	x.mu.RUnlock()
	if ends == 0 {
		return 0, false
	}
	x.refusing.Add(1)
	return time.Unix(ends, 0).Sub(now), true
}

// Known reports whether the mutes in Redis have been read.
func (x *Mutes) Known() bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.loaded
}

// InForce returns the mutes in force, in an order that tells nothing.
func (x *Mutes) InForce() []Order {
	now := x.opts.Now().Unix()
	x.mu.RLock()
	defer x.mu.RUnlock()
	var orders []Order
	for mark, m := range x.mutes {
		if m.inForce(now) {
			orders = append(orders, Order{handle(mark), time.Unix(m.ends, 0).UTC()})
		}
	}
	slices.SortFunc(orders, func(a, b Order) int { return cmp.Or(a.Ends.Compare(b.Ends), cmp.Compare(a.Handle, b.Handle)) })
	return orders
}

// merge takes what another process, or this one, says of a mute. The higher turn counts, and
// in a turn the later end.
func (x *Mutes) merge(l line) {
	mark, ok := parseMark(l.Mark)
	if !ok || l.Ends <= x.opts.Now().Unix() {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	m := x.mutes[mark]
	switch {
	case m == nil && len(x.mutes) >= 2*x.max:
	case m == nil, l.Turn > m.turn, l.Turn == m.turn && l.Ends > m.ends:
		x.mutes[mark] = &mute{ends: l.Ends, turn: l.Turn, interval: x.interval()}
	}
}

// lines returns what this process knows of all mutes.
func (x *Mutes) lines() []line {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var lines []line
	for mark, m := range x.mutes {
		lines = append(lines, line{mark.String(), m.ends, m.turn})
	}
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.Mark, b.Mark) })
	return lines
}
