package main

import (
	"bytes"
	"fmt"
	"slices"

	"chatter/shared/wire"
	"chatter/supervisor/bench/swarm"
)

// faults are what must not happen to a message.
type faults struct {
	Lost       int `json:"lost"`         // a member, or who said it, has not heard of it
	Doubled    int `json:"doubled"`      // it came or was acked twice
	OutOfOrder int `json:"out_of_order"` // it came before or after its place in the log
}

// checked is what the load generator has looked at, in all measurements of Chatter.
type checked struct {
	Said      int `json:"messages"`
	Acked     int `json:"acks"`
	Delivered int `json:"deliveries"`
	faults
}

func (c checked) String() string {
	return fmt.Sprintf("checked: %d messages, %d acks, %d deliveries: lost %d, doubled %d, out of order %d",
		c.Said, c.Acked, c.Delivered, c.Lost, c.Doubled, c.OutOfOrder)
}

// count adds what t has seen to what was seen before. A floor's messages are all the same.
func (r *rig) count(t *talk) {
	if r.checked == nil || r.floor {
		return
	}
	r.checked.Said += t.sent
	r.checked.Acked += t.acked
	r.checked.Delivered += t.got
	r.checked.add(t.found)
}

func (f *faults) add(more faults) {
	f.Lost += more.Lost
	f.Doubled += more.Doubled
	f.OutOfOrder += more.OutOfOrder
}

// differs notes that message n of c is not what it was for others.
func (t *talk) differs(c *swarm.Client, n int, payload []byte) {
	room := &t.rooms[c.Room]
	had := slices.ContainsFunc(room.said[:n], func(s said) bool { return bytes.Equal(s.payload, payload) })
	if had {
		t.found.Doubled++
	} else {
		t.found.OutOfOrder++
	}
	t.fail(fmt.Errorf("message %d of room %d differs: %s, %s", n, c.Room, room.said[n].payload, payload))
}

// check says whether everybody has everything once, and counts what is not so. The error
// tells of the first.
func (t *talk) check() (first error) {
	if t.rig.floor {
		return nil
	}
	wrong := func(count *int, n int, format string, args ...any) {
		*count += n
		if first == nil {
			first = fmt.Errorf(format, args...)
		}
	}
	total := 0
	seen := make(map[string]bool, t.sent)
	for i, room := range t.rooms {
		total += len(room.said)
		var last wire.ID
		for _, s := range room.said {
			id := s.id()
			_, text, _ := bytes.Cut(s.payload, textField)
			number := string(text[:min(8, len(text))])
			switch {
			case id == last:
				wrong(&t.found.Doubled, 1, "message %s came twice in room %d", id, i)
			case seen[number]:
				wrong(&t.found.Doubled, 1, "message %s is doubled in room %d", number, i)
			case id.Compare(last) < 0:
				wrong(&t.found.OutOfOrder, 1, "message %s of room %d came after %s", id, i, last)
			}
			last, seen[number] = id, true
			if want := len(room.members); s.got < want {
				wrong(&t.found.Lost, want-s.got, "%d of %d members of room %d have not got %s", want-s.got, want, i, s.payload)
			}
		}
	}
	if unheard := t.sent - min(t.acked, len(seen)); unheard > 0 || total != t.sent {
		wrong(&t.found.Lost, max(unheard, 0), "%d were said, %d acked, %d are there", t.sent, t.acked, total)
	}
	return first
}

// id is the message's ID, zero when it has none.
func (s said) id() wire.ID {
	e, err := wire.ParseEvent(s.payload)
	if err != nil {
		return wire.ID{}
	}
	return e.ID
}
