package guest

import (
	"cmp"
	"slices"
	"time"

	"chatter/shared/wire"
)

const (
	// resendWithin is shorter than the server remembers a nonce (an hour), by more than
	// the way to it takes: sent later, a message could stand in the log twice.
	resendWithin = 58 * time.Minute
	// answerWithin is longer than the server takes to give up on Redis and say so. A
	// socket without an answer for so long is not to be trusted.
	answerWithin = 25 * time.Second
)

// outbox holds what was said and is not known to be stored. One entry is in flight at a
// time: with two, the first could be refused for a moment and the second stored, and what
// one guest said would stand in the wrong order.
type outbox struct {
	entries []*entry
	live    bool          // the socket takes messages
	within  time.Duration // how long an answer may take; 0 = answerWithin
}

type entry struct {
	Entry
	sentAt  time.Time // zero while not in flight
	retryAt time.Time // zero, or until when the server asked for patience
	held    bool      // refused for good, or too old to be sent by itself
}

// keep is an outbox with what another one had kept.
func keep(entries []Entry) (o outbox) {
	for _, e := range entries {
		o.entries = append(o.entries, &entry{Entry: e})
	}
	return o
}

func (o *outbox) kept() (entries []Entry) {
	for _, e := range o.entries {
		if !e.held {
			entries = append(entries, e.Entry)
		}
	}
	return entries
}

func (o *outbox) say(text string, now time.Time) wire.Nonce {
	e := &entry{Entry: Entry{Nonce: wire.NewNonce(), Text: text, At: now}}
	e.held = len(text) > wire.MaxTextBytes
	o.entries = append(o.entries, e)
	return e.Nonce
}

// up: the socket takes messages. What was in flight on the one before may or may not be
// stored; it goes out again.
func (o *outbox) up() { o.live = true }

// down: there is no socket.
func (o *outbox) down() {
	o.live = false
	for _, e := range o.entries {
		e.sentAt = time.Time{}
	}
}

// next returns what is to be sent now, or else when to ask again; stalled says that the
// answer to what is in flight is overdue.
func (o *outbox) next(now time.Time) (send *entry, again time.Time, stalled bool) {
	o.hold(now)
	first := o.first()
	switch {
	case !o.live || first == nil:
		return nil, time.Time{}, false
	case !first.sentAt.IsZero():
		due := first.sentAt.Add(cmp.Or(o.within, answerWithin))
		return nil, due, !due.After(now)
	case first.retryAt.After(now):
		return nil, first.retryAt, false
	}
	first.sentAt, first.retryAt = now, time.Time{}
	first.Tries++
	return first, now.Add(cmp.Or(o.within, answerWithin)), false
}

func (o *outbox) first() *entry {
	if i := slices.IndexFunc(o.entries, func(e *entry) bool { return !e.held }); i >= 0 {
		return o.entries[i]
	}
	return nil
}

func (o *outbox) hold(now time.Time) {
	for _, e := range o.entries {
		if e.sentAt.IsZero() && now.Sub(e.At) > resendWithin {
			e.held = true
		}
	}
}

// ack drops what is stored, and reports whether it was ours.
func (o *outbox) ack(nonce wire.Nonce) (Entry, bool) {
	i := slices.IndexFunc(o.entries, func(e *entry) bool { return e.Nonce == nonce })
	if i < 0 {
		return Entry{}, false
	}
	e := o.entries[i]
	o.entries = slices.Delete(o.entries, i, i+1)
	return e.Entry, true
}

// refused has an entry wait, or takes it out of line, as the code demands. A refusal
// without a nonce is about the one in flight.
func (o *outbox) refused(nonce wire.Nonce, code wire.Code, wait time.Duration, now time.Time) (Entry, bool) {
	i := slices.IndexFunc(o.entries, func(e *entry) bool {
		return !e.held && (e.Nonce == nonce || nonce == "" && !e.sentAt.IsZero())
	})
	if i < 0 {
		return Entry{}, false
	}
	e := o.entries[i]
	e.sentAt = time.Time{}
	if code == wire.CodeRateLimited || code == wire.CodeUnavailable {
		e.retryAt = now.Add(max(wait, time.Second))
	} else {
		e.held = true
	}
	return e.Entry, true
}

func (o *outbox) waiting() int { return len(o.kept()) }
