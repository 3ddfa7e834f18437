package guest

import (
	"slices"
	"testing"
	"time"

	"chatter/shared/wire"
)

func TestBackoff_DoublesUpToACap(t *testing.T) {
	chance := 1.0
	b := backoff{random: func() float64 { return chance }}
	var delays []time.Duration
	for range 8 {
		delays = append(delays, b.next(0, false))
	}
	const s = time.Second
	if want := []time.Duration{s / 2, s, 2 * s, 4 * s, 8 * s, 16 * s, 30 * s, 30 * s}; !slices.Equal(delays, want) {
		t.Errorf("got %v", delays)
	}
	chance = 0
	if d := b.next(0, false); d != 15*s {
		t.Errorf("the lower half is left to nobody: %v", d)
	}
	b.failures = 1 << 40
	if d := b.next(0, false); d != 15*s {
		t.Errorf("after many failures: %v", d)
	}
	b.reset()
	if d := b.next(0, false); d != s/4 {
		t.Errorf("after a reset: %v", d)
	}
}

func TestTimeline(t *testing.T) {
	id := func(n uint64) wire.ID { return wire.ID{Ms: n} }
	for _, c := range []struct {
		name   string
		play   func(*timeline)
		shown  []uint64
		cursor uint64
	}{
		{"in order", func(l *timeline) { l.message(id(1)); l.message(id(2)) }, []uint64{1, 2}, 2},
		{"a double", func(l *timeline) { l.message(id(1)); l.message(id(2)); l.message(id(1)) }, []uint64{1, 2}, 2},
		{"a gap in the log's past", func(l *timeline) {
			l.message(id(1))
			l.openGap()
			for n := range uint64(wire.HistoryPage) {
				l.message(id(100 + n))
			}
			l.live(id(149))
		}, append([]uint64{1}, span(100, 149)...), 149},
		{"the log went back", func(l *timeline) {
			for _, n := range []uint64{1, 2, 3, 4} {
				l.message(id(n))
			}
			l.openGap()
			l.message(id(1))
			l.message(id(3))
			l.live(id(3))
		}, []uint64{1, 3}, 3},
		{"the log is gone", func(l *timeline) {
			l.message(id(7))
			l.openGap()
			l.live(wire.ID{})
		}, nil, 0},
	} {
		var l timeline
		c.play(&l)
		var shown []uint64
		for _, id := range l.ids {
			shown = append(shown, id.Ms)
		}
		if !slices.Equal(shown, c.shown) || l.cursor != id(c.cursor) {
			t.Errorf("%s: shown %v, cursor %v", c.name, shown, l.cursor)
		}
	}
}

func span(from, to uint64) (list []uint64) {
	for ; from <= to; from++ {
		list = append(list, from)
	}
	return list
}

func TestOutbox_DoesNotSendWhatIsOldByItself(t *testing.T) {
	var o outbox
	begun := time.Now()
	o.say("old", begun)
	o.up()
	later := begun.Add(resendWithin + 1)
	if e, _, _ := o.next(later); e != nil || o.waiting() != 0 {
		t.Errorf("sent %v, waiting %d", e, o.waiting())
	}
}
