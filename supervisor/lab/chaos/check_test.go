package main

import (
	"slices"
	"testing"
	"time"

	"chatter/shared/wire"
)

// history is one room with two clients: 1 says messages, and both see them.
type history struct {
	record *roomRecord
	author *client
	reader *client
}

func id(n int) wire.ID { return wire.ID{Ms: uint64(n)} }

func see(n int) event { return event{what: sawMessage, id: id(n), from: 1, seq: n} }

func goodHistory(n int) history {
	h := history{record: new(roomRecord), author: &client{number: 1}, reader: &client{number: 2}}
	for i := range n {
		h.record.entries = append(h.record.entries, logged{id(i + 1), 1, i + 1})
		h.author.said = append(h.author.said, &message{seq: i + 1, id: id(i + 1), acked: time.Now(), tries: 1})
		h.reader.events = append(h.reader.events, see(i+1))
	}
	h.author.events = h.reader.events
	return h
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name                           string
		change                         func(*history)
		lost, doubled, reordered, gaps int // unexplained ones
		said                           int
	}{
		{name: "all is well", change: func(*history) {}},
		{name: "joined late", change: func(h *history) { h.reader.events = h.reader.events[2:] }},
		{name: "a reconnect", change: func(h *history) {
			h.reader.events = []event{see(1), {what: lostSocket}, {what: opensSocket, id: id(1)}, see(2), see(3), {what: sawLive, id: id(3)}}
		}},
		{name: "a reload", change: func(h *history) {
			h.reader.events = []event{see(1), {what: lostSocket}, {what: sawPage, id: id(2)}, {what: opensSocket, id: id(2)}, see(3)}
		}},
		{name: "a reload that skips", lost: 1, change: func(h *history) {
			h.reader.events = []event{{what: sawPage, id: id(1)}, {what: opensSocket, id: id(1)}, see(3)}
		}},
		{name: "a page of the past", lost: 1, change: func(h *history) {
			h.reader.events = []event{see(1), see(2), {what: sawPage, id: id(1)}, see(2), see(3)}
		}},
		{name: "a page with what is not in the log", lost: 1, change: func(h *history) {
			h.reader.events = append(h.reader.events, event{what: sawPage, id: id(9)}, see(3))
		}},
		{name: "left before the end", change: func(h *history) { h.reader.events, h.reader.left = h.reader.events[:2:2], true }},
		{name: "vanished before the ack", said: 4, change: func(h *history) {
			h.author.said[2].acked, h.author.vanished = time.Time{}, true
			h.author.said = append(h.author.said, &message{seq: 5})
		}},
		{name: "acked, but not in the log", lost: 3, change: func(h *history) { h.record.entries = h.record.entries[:2] }},
		{name: "acked under another ID", lost: 1, change: func(h *history) { h.author.said[0].id = id(9) }},
		{name: "never acked", lost: 1, change: func(h *history) { h.author.said[0].acked = time.Time{} }},
		{name: "never sent", lost: 1, change: func(h *history) { h.author.said = append(h.author.said, &message{seq: 4}) }},
		{name: "never seen", lost: 1, change: func(h *history) { h.reader.events = []event{see(1), see(3)} }},
		{name: "the end never seen", lost: 1, change: func(h *history) { h.reader.events = h.reader.events[:2:2] }},
		{name: "another text", lost: 1, change: func(h *history) {
			h.reader.events = append(h.reader.events[:2:2], event{what: sawMessage, id: id(3), from: 1, seq: 7})
		}},
		{name: "gone from the log", lost: 1, change: func(h *history) { h.record.vanished = []logged{{id(9), 1, 9}} }},
		{name: "stored again after it had gone", change: func(h *history) { h.record.vanished = []logged{{id(9), 1, 3}} }},
		{name: "twice in the log", lost: 2, doubled: 1, change: func(h *history) { h.record.entries = append(h.record.entries, logged{id(4), 1, 2}) }},
		{name: "seen twice", doubled: 1, change: func(h *history) { h.reader.events = append(h.reader.events[:3:3], see(2)) }},
		{name: "seen in another order", reordered: 1, change: func(h *history) { h.reader.events = []event{see(1), see(3), see(2)} }},
		{name: "stored in another order", reordered: 1, change: func(h *history) {
			e := h.record.entries
			e[0].seq, e[1].seq = 2, 1
			h.author.said[0].id, h.author.said[1].id = id(2), id(1)
			h.reader.events[0].seq, h.reader.events[1].seq = 2, 1 // also those of the author
		}},
		{name: "two messages of an attacker", change: func(h *history) {
			h.record.entries = append(h.record.entries, logged{id: id(4)}, logged{id: id(5)})
			h.reader.events = append(h.reader.events, event{what: sawMessage, id: id(4)}, event{what: sawMessage, id: id(5)})
			h.author.events = h.reader.events
		}},
		{name: "a gap without a reason", gaps: 1, change: func(h *history) {
			h.reader.events = []event{see(1), {what: opensSocket, id: id(1)}, {what: sawGap}, see(2), see(3), {what: sawLive, id: id(3)}}
		}},
		{name: "a gap that hides nothing", gaps: 1, change: func(h *history) {
			h.reader.events = append(h.reader.events[:3:3], event{what: sawGap}, event{what: sawLive})
		}},
		{name: "a gap after what was lost", lost: 1, change: func(h *history) {
			h.reader.events = []event{see(1), see(9), {what: sawGap}, see(1), see(2), see(3), {what: sawLive}}
		}},
		{name: "a gap in a log that was trimmed", said: 1200, change: func(h *history) {
			seen := append(h.reader.events[:100:100], event{what: sawGap})
			h.reader.events = append(seen, h.reader.events[1150:]...)
		}},
		{name: "a gap over less than is kept", said: 1200, gaps: 1, change: func(h *history) {
			seen := append(h.reader.events[:400:400], event{what: sawGap})
			h.reader.events = append(seen, h.reader.events[1150:]...)
		}},
	} {
		h := goodHistory(max(c.said, 3))
		c.change(&h)
		v := judge([]*client{h.author, h.reader}, []*roomRecord{h.record})
		if v.count(lost) != c.lost || v.count(doubled) != c.doubled || v.count(reordered) != c.reordered || v.count(unexplained) != c.gaps {
			t.Errorf("%s: findings %+v", c.name, v.findings)
		}
	}
}

func TestUpdate_DistinguishesVanishedFromTrimmed(t *testing.T) {
	r := roomRecord{entries: []logged{{id(1), 1, 1}, {id(2), 1, 2}, {id(3), 1, 3}, {id(4), 1, 4}}}
	r.update([]wire.Entry{{ID: id(2), Text: textOf(1, 2)}, {ID: id(3), Text: textOf(1, 3)}, {ID: id(9), Text: "by an attacker"}})
	want := []logged{{id(1), 1, 1}, {id(2), 1, 2}, {id(3), 1, 3}, {id(9), 0, 0}}
	if !slices.Equal(r.entries, want) || len(r.vanished) != 1 || r.vanished[0].id != id(4) {
		t.Errorf("kept %v, vanished %v", r.entries, r.vanished)
	}
}

func TestParseText(t *testing.T) {
	if n, seq := parseText(textOf(17, 42)); n != 17 || seq != 42 {
		t.Errorf("got %d %d", n, seq)
	}
	for _, s := range []string{"", "17 42", "17 42 cut sho", "x"} {
		if n, seq := parseText(s); n != 0 || seq != 0 {
			t.Errorf("%q is taken for %d of %d", s, seq, n)
		}
	}
}

func TestDeal_YieldsEveryKindBeforeAnyTwice(t *testing.T) {
	one := trial{config: config{Seed: 1}}
	dealt := func() (kinds []string) {
		for kind := range deal(one.random(1), faultKinds()) {
			if kinds = append(kinds, kind); len(kinds) == 3*len(faults) {
				return kinds
			}
		}
		return nil
	}
	first := dealt()
	for round := range slices.Chunk(first, len(faults)) {
		if kinds := slices.Compact(slices.Sorted(slices.Values(round))); len(kinds) != len(faults) {
			t.Errorf("dealt %d of %d kinds", len(kinds), len(faults))
		}
	}
	if !slices.Equal(first, dealt()) {
		t.Error("one seed deals two orders")
	}
	for kind := range deal(one.random(1), nil) {
		t.Errorf("dealt %q of no kinds", kind)
	}
}
