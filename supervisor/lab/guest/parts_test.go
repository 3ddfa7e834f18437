package guest

import (
	"slices"
	"testing"
	"time"

	"chatter/shared/wire"
)

func TestBackoff_DoublesUpToACap(t *testing.T) {
	const s = time.Second
	begun := time.Unix(0, 0)
	chance := 1.0
	b := backoff{random: func() float64 { return chance }}
	delays := func(n int, now time.Time) (list []time.Duration) {
		for range n {
			list = append(list, b.next(0, false, time.Time{}, now))
		}
		return list
	}
	b.begin(begun)
	if got, want := delays(6, begun), []time.Duration{s / 2, s, 2 * s, 5 * s / 2, 5 * s / 2, 5 * s / 2}; !slices.Equal(got, want) {
		t.Errorf("for the time of a restart: %v", got)
	}
	later := begun.Add(restartTime)
	if got, want := delays(5, later), []time.Duration{4 * s, 8 * s, 16 * s, 30 * s, 30 * s}; !slices.Equal(got, want) {
		t.Errorf("and then: %v", got)
	}
	chance = 0
	if d := delays(1, later)[0]; d != 15*s {
		t.Errorf("the lower half is left to nobody: %v", d)
	}
	if d := delays(1000, later)[999]; d != 15*s {
		t.Errorf("after many failures: %v", d)
	}
}

func TestBackoff_BeginsAnew(t *testing.T) {
	begun := time.Unix(0, 0)
	for _, c := range []struct {
		name   string
		isTold bool
		lived  time.Duration // -1 for a socket that was never live
		want   time.Duration // after the end that follows
	}{
		{"after a goodbye", true, 0, firstDelay},
		{"after a steady socket", false, steadyAfter, 2 * firstDelay},
		{"not after a cut so soon", false, steadyAfter - 1, lastOfARestart},
		{"not when it was only told to wait", true, -1, 4 * firstDelay},
		{"not after another failure", false, -1, lastOfARestart},
	} {
		b := backoff{random: func() float64 { return 1 }}
		b.begin(begun)
		b.next(0, false, time.Time{}, begun)
		b.next(0, false, time.Time{}, begun)
		var liveAt time.Time
		if c.lived >= 0 {
			liveAt = begun.Add(-c.lived)
		}
		b.next(0, c.isTold, liveAt, begun)
		if d := b.next(0, false, time.Time{}, begun); d != c.want {
			t.Errorf("%s: %v", c.name, d)
		}
	}
	// Cut off soon again and again, but live between, it is never left out for long.
	b := backoff{random: func() float64 { return 1 }}
	for now := begun; now.Before(begun.Add(time.Hour)); now = now.Add(steadyAfter) {
		if d := b.next(0, false, now.Add(-time.Second), now); d > lastOfARestart {
			t.Fatalf("it waits %v", d)
		}
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
