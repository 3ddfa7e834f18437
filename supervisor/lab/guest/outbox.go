package guest

import (
	"slices"
	"time"

	"chatter/shared/wire"
)

const (
	// resendWithin is shorter than the hour for which the server remembers a nonce, by more than
	// the time that a message travels. A message that is sent again later could be stored twice.
	resendWithin = 58 * time.Minute
	// answerWithin is longer than the server waits for Redis before it refuses a message. A
	// socket without an answer for that long is replaced.
	answerWithin = 25 * time.Second
)

// outbox holds the messages that are not known to be stored. One entry is in flight at a
// time: with two, the server could refuse the first for a moment and store the second, and
// the messages of a guest would be in the wrong order.
type outbox struct {
	entries []*entry
	live    bool          // the socket accepts messages
	within  time.Duration // until an answer must have come
}

type entry struct {
	Entry
	sentAt  time.Time // zero while not in flight
	retryAt time.Time // zero, or when the server accepts it again
}

func (o *outbox) add(text string, now time.Time) wire.Nonce {
	e := &entry{Entry: Entry{Nonce: wire.NewNonce(), Text: text, At: now}}
	o.entries = append(o.entries, e)
	return e.Nonce
}

// resume notes that the socket accepts messages. The entry that was in flight on the last socket
// may be stored or not, so it is sent again.
func (o *outbox) resume() { o.live = true }

// suspend notes that there is no socket.
func (o *outbox) suspend() {
	o.live = false
	for _, e := range o.entries {
		e.sentAt = time.Time{}
	}
}

// next returns the entry to send, or nil, and when to call next again. stalled reports that
// the answer to the entry in flight is overdue.
func (o *outbox) next(now time.Time) (send *entry, again time.Time, stalled bool) {
	o.entries = slices.DeleteFunc(o.entries, func(e *entry) bool {
		return e.sentAt.IsZero() && now.Sub(e.At) > resendWithin
	})
	if !o.live || len(o.entries) == 0 {
		return nil, time.Time{}, false
	}
	first := o.entries[0]
	switch {
	case !first.sentAt.IsZero():
		due := first.sentAt.Add(o.within)
		return nil, due, !due.After(now)
	case first.retryAt.After(now):
		return nil, first.retryAt, false
	}
	first.sentAt, first.retryAt = now, time.Time{}
	first.Tries++
	return first, now.Add(o.within), false
}

// ack removes a stored entry. It reports whether the outbox had it.
func (o *outbox) ack(nonce wire.Nonce) (Entry, bool) {
	i := slices.IndexFunc(o.entries, func(e *entry) bool { return e.Nonce == nonce })
	if i < 0 {
		return Entry{}, false
	}
	return o.remove(i), true
}

// refused lets an entry wait, or removes it, as the code demands. A refusal without a nonce
// concerns the entry in flight.
func (o *outbox) refused(nonce wire.Nonce, code wire.Code, wait time.Duration, now time.Time) (Entry, bool) {
	i := slices.IndexFunc(o.entries, func(e *entry) bool {
		return e.Nonce == nonce || nonce == "" && !e.sentAt.IsZero()
	})
	if i < 0 {
		return Entry{}, false
	}
	if code != wire.CodeRateLimited && code != wire.CodeUnavailable {
		return o.remove(i), true
	}
	e := o.entries[i]
	e.sentAt, e.retryAt = time.Time{}, now.Add(max(wait, time.Second))
	return e.Entry, true
}

func (o *outbox) remove(i int) Entry {
	e := o.entries[i]
	o.entries = slices.Delete(o.entries, i, i+1)
	return e.Entry
}
