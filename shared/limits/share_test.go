package limits

import (
	"fmt"
	"testing"
	"time"
)

// One class alone may use everything.
func TestSay_AClassAloneHasTheWholeRoom(t *testing.T) {
	l := newLimiter(ForSockets(5, 20))
	n := 0
	for i := range 30 {
		n += burst(l, say("198.51.100.1", fmt.Sprint(i), "room"), start)
	}
	if n != 200 {
		t.Errorf("%d at once, want the 200 of a room", n)
	}
	for second := range 60 {
		for i := range 30 {
			n += burst(l, say("198.51.100.1", fmt.Sprint(i), "room"), start.Add(time.Duration(second+1)*time.Second))
		}
	}
	if n != 200+60*50 {
		t.Errorf("%d after a minute, want %d", n, 200+60*50)
	}
}

func TestSay_ClassesCompeteInARoom(t *testing.T) {
	l := newLimiter(ForSockets(5, 20))
	f := l.figures.ClassInRoom
	flood := func(at time.Time) (n int) {
		for i := range 60 {
			n += burst(l, say("198.51.100.1", fmt.Sprint(i), "room"), at)
		}
		return n
	}
	if wait := l.Say(say("203.0.113.1", "b", "room"), start); wait != 0 {
		t.Fatal("the first message is refused")
	}
	if n := flood(start); n != int(f.Burst) {
		t.Errorf("%d at once, want %v", n, f.Burst)
	}
	if n := flood(start.Add(100 * time.Second)); n != int(f.Burst) {
		t.Errorf("%d after a pause, want %v", n, f.Burst)
	}
	if n := burst(l, say("198.51.100.1", "one", "another room"), start); n != 20 {
		t.Errorf("%d in another room, want 20", n)
	}
	later := start.Add(100*time.Second + talkWindow + 1)
	if n := flood(later); n != 200 {
		t.Errorf("%d when nobody else has talked for long, want 200", n)
	}
}

// A session that takes all it can leaves the scarce half of its class's tokens to the others.
func TestSay_SessionsShareTheirClass(t *testing.T) {
	l := newLimiter(ForSockets(5, 20))
	l.Say(say("203.0.113.1", "b", "room"), start)
	polite := []string{"p1", "p2", "p3"}
	for _, p := range polite {
		l.Say(say("198.51.100.1", p, "room"), start)
	}
	said := map[string]int{}
	for second := range 300 {
		now := start.Add(time.Duration(second) * time.Second)
		for range 20 {
			if l.Say(say("198.51.100.1", "flooder", "room"), now) == 0 {
				said["flooder"]++
			}
		}
		if second%10 == 0 { // less than an equal part of the rate
			for _, p := range polite {
				if wait := l.Say(say("198.51.100.1", p, "room"), now.Add(500*time.Millisecond)); wait == 0 {
					said[p]++
				}
			}
		}
	}
	for _, p := range polite {
		if said[p] < 29 {
			t.Errorf("%s said %d of 30 messages beside a flooder with %d", p, said[p], said["flooder"])
		}
	}
}

// A room that is nearly empty is shared by the classes in it.
func TestSay_ClassesShareARoom(t *testing.T) {
	f := ForSockets(5, 20)
	f.ClassInRoom = Rate{1e6, 1e6}
	l := newLimiter(f)
	flooders, polite, last := 0, 0, 0
	for tick := range 600 { // tenths of a second
		now := start.Add(time.Duration(tick) * 100 * time.Millisecond)
		for i := range 20 {
			flooders += burst(l, say("198.51.100.1", fmt.Sprint(i), "room"), now)
		}
		if tick%5 == 0 {
			if last++; l.Say(say("203.0.113.1", "b", "room"), now.Add(50*time.Millisecond)) == 0 {
				polite++
			}
		}
	}
	if polite < last-1 {
		t.Errorf("%d of %d polite messages said, beside %d", polite, last, flooders)
	}
	if sum := flooders + polite; sum > 200+60*50 {
		t.Errorf("%d in a minute", sum)
	}
}

// A clock that is set back does not make everybody who talks later one of the same crowd.
func TestCrowd_GoesOnWhenTheClockIsSetBack(t *testing.T) {
	var c crowd
	c.count(new(share), start)
	before := start.Add(-time.Hour)
	for i := range 60 { // one after the other, for ten minutes
		c.count(new(share), before.Add(time.Duration(i)*crowdPeriod))
	}
	if n := c.size(); n > 2 {
		t.Errorf("a crowd of %d, want 2 at most", n)
	}
}
