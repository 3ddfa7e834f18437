package main

import (
	"testing"
	"time"

	"chatter/shared/wire"
)

// story is one room with two guests: 1 says three messages, 2 sees them all.
type story struct {
	record *roomRecord
	sayer  *person
	viewer *person
}

func id(n int) wire.ID { return wire.ID{Ms: uint64(n)} }

func message(n int) sight { return sight{what: sawMessage, id: id(n), from: 1, seq: n, fresh: true} }

func goodStory(n int) story {
	s := story{record: new(roomRecord), sayer: &person{number: 1, asked: n}, viewer: &person{number: 2}}
	for i := range n {
		s.record.entries = append(s.record.entries, logged{id(i + 1), 1, i + 1})
		s.sayer.said = append(s.sayer.said, &saying{seq: i + 1, id: id(i + 1), acked: time.Now(), tries: 1})
		s.viewer.seen = append(s.viewer.seen, message(i+1))
	}
	s.sayer.seen = s.viewer.seen
	return s
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name                           string
		twist                          func(*story)
		lost, doubled, reordered, gaps int // unexplained ones
		said                           int
	}{
		{name: "all is well", twist: func(*story) {}},
		{name: "joined late", twist: func(s *story) { s.viewer.seen = s.viewer.seen[2:] }},
		{name: "a reconnect", twist: func(s *story) {
			s.viewer.seen = []sight{message(1), {what: sawEnd}, {what: sawTry, id: id(1)}, message(2), message(3), {what: sawLive, id: id(3)}}
		}},
		{name: "a reload", twist: func(s *story) {
			s.viewer.seen = []sight{message(1), {what: sawEnd}, {what: sawPage, id: id(2)}, {what: sawTry, id: id(2)}, message(3)}
		}},
		{name: "a reload that skips", lost: 1, twist: func(s *story) {
			s.viewer.seen = []sight{{what: sawPage, id: id(1)}, {what: sawTry, id: id(1)}, message(3)}
		}},
		{name: "a page of the past", lost: 1, twist: func(s *story) {
			s.viewer.seen = []sight{message(1), message(2), {what: sawPage, id: id(1)}, message(2), message(3)}
		}},
		{name: "a page with what is not in the log", lost: 1, twist: func(s *story) {
			s.viewer.seen = append(s.viewer.seen, sight{what: sawPage, id: id(9)}, message(3))
		}},
		{name: "left before the end", twist: func(s *story) { s.viewer.seen, s.viewer.left = s.viewer.seen[:2:2], true }},
		{name: "vanished before the ack", said: 4, twist: func(s *story) {
			s.sayer.said[2].acked, s.sayer.vanished, s.sayer.asked = time.Time{}, true, 5
		}},
		{name: "acked, but not in the log", lost: 3, twist: func(s *story) { s.record.entries = s.record.entries[:2] }},
		{name: "acked under another ID", lost: 1, twist: func(s *story) { s.sayer.said[0].id = id(9) }},
		{name: "never acked", lost: 1, twist: func(s *story) { s.sayer.said[0].acked = time.Time{} }},
		{name: "never sent", lost: 1, twist: func(s *story) { s.sayer.asked++ }},
		{name: "never seen", lost: 1, twist: func(s *story) { s.viewer.seen = []sight{message(1), message(3)} }},
		{name: "the end never seen", lost: 1, twist: func(s *story) { s.viewer.seen = s.viewer.seen[:2:2] }},
		{name: "another text", lost: 1, twist: func(s *story) {
			s.viewer.seen = append(s.viewer.seen[:2:2], sight{what: sawMessage, id: id(3), from: 1, seq: 7})
		}},
		{name: "gone from the log", lost: 1, twist: func(s *story) { s.record.vanished = []logged{{id(9), 1, 9}} }},
		{name: "stored again after it had gone", twist: func(s *story) { s.record.vanished = []logged{{id(9), 1, 3}} }},
		{name: "twice in the log", lost: 2, doubled: 1, twist: func(s *story) { s.record.entries = append(s.record.entries, logged{id(4), 1, 2}) }},
		{name: "seen twice", doubled: 1, twist: func(s *story) { s.viewer.seen = append(s.viewer.seen[:3:3], message(2)) }},
		{name: "seen in another order", reordered: 1, twist: func(s *story) { s.viewer.seen = []sight{message(1), message(3), message(2)} }},
		{name: "stored in another order", reordered: 1, twist: func(s *story) {
			e := s.record.entries
			e[0].seq, e[1].seq = 2, 1
			s.sayer.said[0].id, s.sayer.said[1].id = id(2), id(1)
			for _, seen := range [][]sight{s.viewer.seen} { // They share it.
				seen[0].seq, seen[1].seq = 2, 1
			}
		}},
		{name: "a gap without a reason", gaps: 1, twist: func(s *story) {
			s.viewer.seen = []sight{message(1), {what: sawTry, id: id(1)}, {what: sawGap}, message(2), message(3), {what: sawLive, id: id(3)}}
		}},
		{name: "a gap that hides nothing", gaps: 1, twist: func(s *story) {
			s.viewer.seen = append(s.viewer.seen[:3:3], sight{what: sawGap}, sight{what: sawLive})
		}},
		{name: "a gap after what was lost", lost: 1, twist: func(s *story) {
			s.viewer.seen = []sight{message(1), message(9), {what: sawGap}, message(1), message(2), message(3), {what: sawLive}}
		}},
		{name: "a gap in a log that was trimmed", said: 1200, twist: func(s *story) {
			seen := append(s.viewer.seen[:100:100], sight{what: sawGap})
			s.viewer.seen = append(seen, s.viewer.seen[1150:]...)
		}},
		{name: "a gap over less than is kept", said: 1200, gaps: 1, twist: func(s *story) {
			seen := append(s.viewer.seen[:400:400], sight{what: sawGap})
			s.viewer.seen = append(seen, s.viewer.seen[1150:]...)
		}},
	} {
		s := goodStory(max(c.said, 3))
		c.twist(&s)
		v := judge([]*person{s.sayer, s.viewer}, []*roomRecord{s.record})
		if len(v.Lost) != c.lost || len(v.Doubled) != c.doubled || len(v.Reordered) != c.reordered || len(v.Unexplained) != c.gaps {
			t.Errorf("%s: lost %v, doubled %v, reordered %v, gaps %v", c.name, v.Lost, v.Doubled, v.Reordered, v.Unexplained)
		}
		if well := c.lost+c.doubled+c.reordered+c.gaps == 0; v.holds() != well {
			t.Errorf("%s: holds is %v", c.name, v.holds())
		}
	}
}

func TestGoBack_TellsGoneFromTrimmed(t *testing.T) {
	r := roomRecord{entries: []logged{{id(1), 1, 1}, {id(2), 1, 2}, {id(3), 1, 3}, {id(4), 1, 4}}}
	r.goBack([]wire.Entry{{ID: id(2)}, {ID: id(3)}, {ID: id(9)}})
	if len(r.entries) != 1 || r.entries[0].id != id(1) || len(r.vanished) != 1 || r.vanished[0].id != id(4) {
		t.Errorf("kept %v, gone %v", r.entries, r.vanished)
	}
}

func TestText_CanBeTold(t *testing.T) {
	if n, seq := parseText(textOf(17, 42)); n != 17 || seq != 42 {
		t.Errorf("got %d %d", n, seq)
	}
	for _, s := range []string{"", "17 42", "17 42 cut sho", "x"} {
		if n, seq := parseText(s); n != 0 || seq != 0 {
			t.Errorf("%q is taken for %d of %d", s, seq, n)
		}
	}
}

func TestDeck_DealsEveryKindBeforeAnyTwice(t *testing.T) {
	d := deck{random: newRandom(1, 1), kinds: faultNames()}
	for range 3 {
		seen := map[string]bool{}
		for range d.kinds {
			seen[d.deal()] = true
		}
		if len(seen) != len(d.kinds) {
			t.Errorf("dealt %d of %d kinds", len(seen), len(d.kinds))
		}
	}
	again := deck{random: newRandom(1, 1), kinds: faultNames()}
	other := deck{random: newRandom(1, 1), kinds: faultNames()}
	for range 50 {
		if a, b := again.deal(), other.deal(); a != b {
			t.Fatalf("one seed deals %q and %q", a, b)
		}
	}
}
