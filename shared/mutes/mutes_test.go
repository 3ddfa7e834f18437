package mutes

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A mute holds in each process, wherever the message was stored and wherever the operator
// asks, until its time is over. Then Redis has nothing of it.
func TestMute_HoldsEverywhereUntilItsTimeIsOver(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		processes := []*process{b.start(), b.start(), b.start()}
		for _, p := range processes {
			defer p.end()
		}
		id := processes[0].store(ann)
		processes[1].store(ben)
		order := processes[2].mute(id, 25*time.Second)
		if want := time.Now().Add(30 * time.Second).UTC(); !order.Ends.Equal(want) {
			t.Errorf("ends at %v, want %v, the end of an interval", order.Ends, want)
		}
		b.want("at once", ann, true, processes...)
		b.want("at once", ben, false, processes...)
		if len(b.members()) > 0 {
			t.Errorf("Redis has %v before the interval is over", b.members())
		}
		for _, p := range processes {
			if got := p.InForce(); len(got) != 1 || got[0] != order {
				t.Errorf("in force is %v, want %v", got, order)
			}
		}

		sleepIntervals(1)
		if members := b.members(); len(members) != 1 {
			t.Fatalf("Redis has %v after the interval", members)
		}
		time.Sleep(time.Until(order.Ends) - time.Millisecond)
		b.want("a moment before the end", ann, true, processes...)
		time.Sleep(time.Millisecond)
		b.want("at the end", ann, false, processes...)
		sleepIntervals(0)
		if len(b.members()) > 0 || len(processes[0].InForce()) > 0 {
			t.Errorf("afterwards Redis has %v, in force is %v", b.members(), processes[0].InForce())
		}
		if n := processes[0].expired.Load(); n != 1 {
			t.Errorf("told %d times that Redis's file has something to forget", n)
		}
	}))
}

// The process that stored the message need not know who is connected, nor go on.
func TestMute_HoldsForAnAuthorWhoComesBackElsewhere(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		holder, other := b.start(), b.start()
		defer other.end()
		other.mute(holder.store(ann), time.Minute)
		holder.kill()
		b.want("the holder is killed", ann, true, other)

		third := b.start() // in the same interval: the others tell it
		defer third.end()
		b.want("a new process", ann, true, third)
		sleepIntervals(1)
		fourth := b.start()
		defer fourth.end()
		b.want("a new process in the next interval", ann, true, fourth)
	}))
}

func TestMute_HoldsAcrossStopsAndReloads(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		p := b.start()
		p.mute(p.store(ann), time.Minute)
		p.end()
		if len(b.members()) != 1 {
			t.Errorf("a process that stops leaves %v", b.members())
		}
		p = b.start()
		b.want("after a stop", ann, true, p)

		p.mute(p.store(ben), time.Minute)
		state, err := p.Save()
		if err != nil {
			t.Fatal(err)
		}
		p.kill() // an exec does not call Close
		next := b.prepare()
		if err := next.Restore(state); err != nil {
			t.Fatal(err)
		}
		next.begin()
		defer next.end()
		b.want("after a reload", ann, true, next)
		b.want("after a reload", ben, true, next)
		sleepIntervals(1)
		if len(b.members()) != 2 {
			t.Errorf("Redis has %v", b.members())
		}
	}))
}

func TestMute_IsWrittenAgainIfRedisLosesIt(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		p := b.start()
		defer p.end()
		p.mute(p.store(ann), time.Minute)
		sleepIntervals(1)
		b.m.FlushAll()
		if err := p.Load(b.Context()); err != nil {
			t.Fatal(err)
		}
		b.want("Redis is empty", ann, true, p)
		sleepIntervals(1)
		if len(b.members()) != 1 {
			t.Errorf("Redis has %v", b.members())
		}
	}))
}

func TestMute_IsUnknownWithoutAMark(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		holder, other := b.start(), b.start()
		defer other.end()
		id := holder.store(ann)
		late := id
		late.Seq++
		ask := func(what, in string, want error) {
			t.Helper()
			if _, err := other.Mute(b.Context(), room(t, in), id, time.Minute); !errors.Is(err, want) {
				t.Errorf("%s: error %v, want %v", what, err, want)
			}
		}
		ask("another room", "coffee", ErrUnknown)
		ask("another spelling of the room", "TEA", nil)
		time.Sleep(time.Hour - time.Millisecond)
		ask("a moment before the mark expires", "tea", nil)
		time.Sleep(time.Millisecond)
		ask("when it has expired", "tea", ErrUnknown)
		id = late
		ask("a message that nobody stored", "tea", ErrUnknown)
		id = holder.store(ann)
		holder.kill()
		ask("the holder has ended", "tea", ErrUnknown)
	}))
}

// A process that is paused may have the mark.
func TestMute_SaysThatAProcessDidNotAnswer(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		p := b.start()
		defer p.end()
		paused := b.client()
		defer paused.Close()
		pubsub := paused.Universal().Subscribe(b.Context(), p.channel())
		defer pubsub.Close()
		if _, err := pubsub.Receive(b.Context()); err != nil {
			t.Fatal(err)
		}
		go func() { // it receives, and does nothing
			for {
				if _, err := pubsub.Receive(b.Context()); err != nil {
					return
				}
			}
		}()
		id := p.store(ann)
		p.mute(id, time.Minute)
		id.Seq++
		if _, err := p.Mute(b.Context(), room(t, "tea"), id, time.Minute); !errors.Is(err, ErrSilent) {
			t.Errorf("error %v, want %v", err, ErrSilent)
		}
	}))
}

func TestMute_TimeIsBounded(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		p := b.start()
		defer p.end()
		id := p.store(ann)
		for _, d := range []time.Duration{-time.Hour, 0, Least - 1, Most + 1} {
			if _, err := p.Mute(b.Context(), room(t, "tea"), id, d); !errors.Is(err, ErrTime) {
				t.Errorf("%v: error %v", d, err)
			}
		}
		p.max = 5
		for range p.max {
			p.mute(p.store(ben), time.Minute)
		}
		if _, err := p.Mute(b.Context(), room(t, "tea"), id, time.Minute); !errors.Is(err, ErrTooMany) {
			t.Errorf("one more than %d: error %v", p.max, err)
		}
	}))
}

// A message that was sent twice may have a mark in two processes. It is one order.
func TestMute_OfAMessageThatTwoProcessesStored(t *testing.T) {
	synctest.Test(t, bubbled(func(b *bubble) {
		first, second := b.start(), b.start()
		defer first.end()
		defer second.end()
		id := first.store(ann)
		second.Stored(ann, room(t, "tea"), id)
		order := first.mute(id, time.Minute)
		for _, p := range []*process{first, second} {
			if got := p.InForce(); len(got) != 1 || got[0] != order {
				t.Errorf("in force is %v, want %v", got, order)
			}
		}
	}))
}
