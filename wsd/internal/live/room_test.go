package live

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReset_TellsMembersOfAGapAndBeginsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		log.append(n, numbers(1, 5)...)
		m, c := join(h, n, Newest(), -1)
		synctest.Wait()
		log.rollback(n, 2)
		log.append(n, "new")
		synctest.Wait()
		want := append(numbers(1, 5), "=live", "=gap", "1", "2", "3", "=live", "new")
		got := c.events(t)
		// The reset and what follows may go out together.
		if len(got) == len(want) && got[len(got)-1] == "=live" {
			want[len(want)-2], want[len(want)-1] = "new", "=live"
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		h.Leave(m)
	})
}

func TestRoom_IsUnloadedWhenEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		m, _ := join(h, n, Newest(), -1)
		synctest.Wait()
		h.Leave(m)
		time.Sleep(5 * time.Second)
		if len(h.Rooms()) != 1 {
			t.Error("unloaded at once: a reload of the page would read the log again")
		}
		time.Sleep(unloadAfter)
		synctest.Wait()
		if _, watched := log.watched[n]; len(h.Rooms()) != 0 || watched {
			t.Errorf("%d rooms held, watched %v", len(h.Rooms()), watched)
		}
	})
}

func TestLeave_WhileTheLogIsAwayLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		log.mu.Lock() // the log does not answer
		for range 100 {
			m, _ := join(h, n, Newest(), -1)
			h.Leave(m)
		}
		if waiting := len(h.find(n.Key()).arrivals); waiting != 0 {
			t.Errorf("%d members wait that have left", waiting)
		}
		log.mu.Unlock()
		synctest.Wait()
	})
}
