package roomlog

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"chatter/shared/wire"
)

// hint is a live message: what pub/sub, or the reply to an append, says of an
// entry. It may be lost, doubled, late or out of order.
type hint struct {
	id, prev wire.ID
	text     string
	known    bool // stored before, by an earlier try: prev is not known
}

// parseHint reads "ID PREV TEXT".
func parseHint(payload string) (hint, error) {
	id, rest, ok1 := strings.Cut(payload, " ")
	prev, text, ok2 := strings.Cut(rest, " ")
	if !ok1 || !ok2 {
		return hint{}, errors.New("live message: want ID PREV TEXT")
	}
	h := hint{text: text}
	var err error
	if h.id, err = wire.ParseID(id); err != nil {
		return hint{}, fmt.Errorf("live message: ID: %w", err)
	}
	if h.prev, err = wire.ParseID(prev); err != nil {
		return hint{}, fmt.Errorf("live message: predecessor: %w", err)
	}
	return h, nil
}

const (
	// Hints that come before their predecessor are usually a moment early:
	// the reply to an append overtakes the echo of another process's.
	maxHeld = 256
	// Doubles are told from a log that has gone back in time by remembering
	// the newest IDs; an older double costs one look at the stream. Beside
	// another process each message comes twice, as an answer and as its echo,
	// and the echoes of a whole pipeline come after all of its answers.
	rememberedIDs = 2 * maxPipeline
)

// verdict is what a hint means for the chain.
type verdict int

const (
	linked  verdict = iota // it continues the chain
	double                 // it is in the chain
	early                  // it does not link yet; its predecessor may be on its way
	suspect                // it cannot link: look at the stream now
)

// chain is the run of entries that one room's follower has passed on: each
// the predecessor of the next, in the log's own word.
type chain struct {
	last   wire.ID // zero: the log was empty
	held   map[wire.ID]hint
	recent []wire.ID // a ring once it is full
	next   int       // where the ring goes on
}

// take judges h and appends to dst the entries that may be passed on now: h and
// the held ones that it was missing from.
func (c *chain) take(dst []Entry, h hint) ([]Entry, verdict) {
	switch {
	case h.prev == c.last && h.id.Compare(c.last) > 0:
		return c.link(dst, h), linked
	case h.id.Compare(c.last) <= 0:
		if c.remembers(h.id) {
			return dst, double
		}
		return dst, suspect
	}
	if !c.hold(h) || h.prev.Compare(c.last) < 0 {
		return dst, suspect
	}
	return dst, early
}

// hold keeps h until its predecessor is known. When too many are held they
// are dropped, which reports false: the stream has them all.
func (c *chain) hold(h hint) bool {
	if len(c.held) >= maxHeld {
		clear(c.held)
		return false
	}
	if c.held == nil {
		c.held = make(map[wire.ID]hint)
	}
	c.held[h.prev] = h
	return true
}

func (c *chain) link(dst []Entry, h hint) []Entry {
	dst = append(dst, Entry{ID: h.id, Text: h.text})
	c.advance(h.id)
	return append(dst, c.settle()...)
}

// settle passes on held hints that link by now and drops those that the chain
// has passed.
func (c *chain) settle() (entries []Entry) {
	for {
		h, ok := c.held[c.last]
		if !ok {
			break
		}
		delete(c.held, c.last)
		if h.id.Compare(c.last) <= 0 {
			break
		}
		entries = append(entries, Entry{ID: h.id, Text: h.text})
		c.advance(h.id)
	}
	for prev, h := range c.held {
		if h.id.Compare(c.last) <= 0 {
			delete(c.held, prev)
		}
	}
	return entries
}

// extend moves the chain over entries read from the stream.
func (c *chain) extend(entries []Entry) {
	for _, e := range entries {
		c.advance(e.ID)
	}
}

// restart begins the chain anew at the end of entries. Held hints stay: they
// may follow.
func (c *chain) restart(entries []Entry) {
	c.last, c.recent, c.next = wire.ID{}, nil, 0
	c.extend(entries)
}

func (c *chain) advance(id wire.ID) {
	c.last = id
	if len(c.recent) < rememberedIDs {
		c.recent = append(c.recent, id)
		return
	}
	c.recent[c.next] = id
	c.next = (c.next + 1) % rememberedIDs
}

func (c *chain) remembers(id wire.ID) bool { return slices.Contains(c.recent, id) }
