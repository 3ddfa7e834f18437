package mutes

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func (p *process) lift(o Order) {
	p.b.Helper()
	if err := p.Lift(p.b.Context(), o.Handle); err != nil {
		p.b.Fatalf("lift: %v", err)
	}
	synctest.Wait()
}

func TestLift_EndsAMuteEverywhere(t *testing.T) {
	for _, c := range []struct {
		when      string
		intervals int
	}{{"before it is written", 0}, {"after it is written", 1}} {
		t.Run(c.when, func(t *testing.T) {
			synctest.Test(t, bubbled(func(b *bubble) {
				one, two := b.start(), b.start()
				defer one.end()
				defer two.end()
				order, other := one.mute(one.store(ann), time.Minute), one.mute(one.store(ben), time.Minute)
				if c.intervals > 0 {
					sleepIntervals(c.intervals)
				}
				two.lift(order)
				if err := one.Lift(b.Context(), order.Handle); !errors.Is(err, ErrNoOrder) {
					t.Errorf("lifted again: error %v", err)
				}
				third := b.start()
				defer third.end()
				sleepIntervals(1)
				fourth := b.start()
				defer fourth.end()
				b.want("afterwards", ann, false, one, two, third, fourth)
				b.want("afterwards", ben, true, one, two, third, fourth)
				if members := b.members(); len(members) != 1 {
					t.Errorf("Redis has %v", members)
				}
				if got := fourth.InForce(); len(got) != 1 || got[0] != other {
					t.Errorf("in force is %v, want %v", got, other)
				}
			}))
		})
	}
}

// The mark of a message is one, so is the handle.
func TestLift_TheSameMessageCanBeMutedAgain(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		one, two := b.start(), b.start()
		defer one.end()
		defer two.end()
		id := one.store(ann)
		order := one.mute(id, time.Minute)
		two.lift(order)
		if again := two.mute(id, time.Minute); again != order {
			t.Errorf("muted again: %v, want %v", again, order)
		}
		b.want("muted again", ann, true, one, two)
		sleepIntervals(1)
		two.lift(order)
		b.want("lifted again", ann, false, one, two)
		if members := b.members(); len(members) != 0 {
			t.Errorf("Redis has %v", members)
		}
	}))
}

// A process that writes a mute while it is lifted.
func TestLift_WinsOverALateWrite(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		p := b.start()
		defer p.end()
		p.lift(p.mute(p.store(ann), time.Minute))
		var line line
		for _, l := range p.lines() {
			line = l
		}
		if _, err := b.m.ZAdd("test:muted", float64(line.Ends), line.Mark.String()); err != nil {
			t.Fatal(err)
		}
		if err := p.Load(b.Context()); err != nil {
			t.Fatal(err)
		}
		b.want("written late", ann, false, p)
		if members := b.members(); len(members) != 0 {
			t.Errorf("Redis has %v", members)
		}
	}))
}

// An earlier mute of the message that lasts longer goes on.
func TestMute_IsNotShortenedByAnother(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		p := b.start()
		defer p.end()
		id := p.store(ann)
		long := p.mute(id, time.Hour)
		if got := p.mute(id, time.Minute); got != long {
			t.Errorf("the shorter mute is %v, want %v", got, long)
		}
		if longer := p.mute(id, 2*time.Hour); !longer.Ends.After(long.Ends) {
			t.Errorf("the longer mute ends at %v", longer.Ends)
		}
	}))
}

// Mutes that were lifted count until they would have ended, so there may be no room for another.
func TestMute_ForWhichThereIsNoRoomIsAnError(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		one := b.start()
		defer one.end()
		one.max = 3
		for range 2 * one.max {
			one.lift(one.mute(one.store(ben), time.Hour))
		}
		order, err := one.Mute(b.Context(), room(t, "tea"), one.store(ann), time.Hour)
		synctest.Wait()
		if _, muted := one.Muted(ann); muted || !errors.Is(err, ErrTooMany) {
			t.Errorf("muted %v, told %v, %v; want an error", muted, order, err)
		}
	}))
}
