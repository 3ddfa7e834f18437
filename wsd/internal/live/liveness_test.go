package live

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// setBack returns t as time.Now returns it after the wall clock has been set back by d:
// the monotonic reading goes on. A time.Time holds the seconds of its wall clock in the
// bits from 30 on of its first word, when it has a monotonic reading.
func setBack(t *testing.T, at time.Time, d time.Duration) time.Time {
	t.Helper()
	back := at
	*(*uint64)(unsafe.Pointer(&back)) -= uint64(d/time.Second) << 30
	if back.Unix() != at.Unix()-int64(d/time.Second) || back.Sub(at) != 0 {
		t.Fatalf("package time keeps %v in another way than this test takes it for", at)
	}
	return back
}

func TestSweep_IgnoresTheWallClock(t *testing.T) {
	for name, jump := range map[string]time.Duration{"set back": time.Hour, "set forward": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			h, _ := newHub(t)
			c := newConn(-1)
			begun := time.Now()
			m := NewMember(c, Events, begun)
			n := roomNamed(t, "room")
			h.Join(n, m, Now())
			defer h.Leave(m)
			// While it is let in, a sweep may not see it.
			for deadline := time.Now().Add(hangLimit); joinedMembers(h.find(n.Key())) == 0; runtime.Gosched() {
				if time.Now().After(deadline) {
					t.Fatal("the member has not joined")
				}
			}
			m.Heard(begun)
			var set time.Duration // it is set again each time that somebody looks
			after := func(d time.Duration) time.Time {
				set += jump
				return setBack(t, begun.Add(d), set)
			}

			h.Sweep(after(h.PingInterval - 1))
			if m.Unanswered(after(h.PingInterval)) != 0 {
				t.Error("pinged before it was silent for the interval")
			}
			h.Sweep(after(h.PingInterval))
			if waited := m.Unanswered(after(h.PingInterval + time.Second)); waited != time.Second {
				t.Errorf("the ping has been unanswered for %v, want a second", waited)
			}
			h.Sweep(after(h.PingInterval + h.PingTimeout - 1))
			if c.aborted {
				t.Error("aborted before the ping's time was up")
			}
			h.Sweep(after(h.PingInterval + h.PingTimeout))
			if !c.aborted {
				t.Error("not aborted when the ping's time was up")
			}
		})
	}
}

func TestHeard_AnswersAPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := liveness{heard: time.Now()}
		time.Sleep(time.Second)
		if !l.pingDue(time.Now(), time.Second) || l.pingDue(time.Now(), time.Second) {
			t.Error("it is not pinged once")
		}
		time.Sleep(time.Second)
		l.Heard(time.Now())
		if l.Unanswered(time.Now()) != 0 || l.pingDue(time.Now(), time.Second) {
			t.Error("its answer is not noted")
		}
	})
}

func TestSweep_PingsTheSilentAndCutsTheDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		n := roomNamed(t, "room")
		dead, deadConn := join(h, n, Newest(), -1)
		alive, aliveConn := join(h, n, Newest(), -1)
		answered := 0
		for range 90 {
			time.Sleep(time.Second) // of the bubble's time
			synctest.Wait()
			if pings := len(aliveConn.events(t)) - 1; pings > answered {
				answered = pings
				alive.Heard(time.Now())
			}
		}
		if !deadConn.aborted || aliveConn.aborted {
			t.Errorf("aborted: the dead %v, the one that answers %v", deadConn.aborted, aliveConn.aborted)
		}
		if diff := cmp.Diff([]string{"=live", "=ping"}, deadConn.events(t)); diff != "" {
			t.Error(diff)
		}
		if pings := len(aliveConn.events(t)) - 1; pings < 3 || pings > 5 {
			t.Errorf("%d pings in 90 s at an interval of 20 s", pings)
		}
		h.Leave(dead)
		h.Leave(alive)
	})
}
