package live

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
)

func TestJoin_SendsWhatTheCursorLacks(t *testing.T) {
	for _, tt := range []struct {
		name  string
		said  int
		since func(ids []wire.ID) Since
		want  []string
	}{
		{"now", 3, func([]wire.ID) Since { return Now() }, []string{"=live"}},
		{"newest of none", 0, func([]wire.ID) Since { return Newest() }, []string{"=live"}},
		{"newest of a few", 3, func([]wire.ID) Since { return Newest() }, append(numbers(1, 3), "=live")},
		{"newest of many", 90, func([]wire.ID) Since { return Newest() }, append(numbers(41, 90), "=live")},
		{"the head", 3, func(ids []wire.ID) Since { return After(ids[2]) }, []string{"=live"}},
		{"inside the tail", 90, func(ids []wire.ID) Since { return After(ids[85]) }, append(numbers(87, 90), "=live")},
		{"before the tail", 400, func(ids []wire.ID) Since { return After(ids[9]) }, append(numbers(11, 400), "=live")},
		{"not in a whole log", 3, func([]wire.ID) Since { return Unknown() }, append(append([]string{"=gap"}, numbers(1, 3)...), "=live")},
		{"not in a long log", 90, func([]wire.ID) Since { return Unknown() }, append(append([]string{"=gap"}, numbers(41, 90)...), "=live")},
		{"between entries", 3, func(ids []wire.ID) Since { return After(wire.ID{Ms: ids[0].Ms, Seq: 7}) }, append(append([]string{"=gap"}, numbers(1, 3)...), "=live")},
		{"newer than all", 3, func(ids []wire.ID) Since { return After(wire.ID{Ms: ids[2].Ms + 1}) }, append(append([]string{"=gap"}, numbers(1, 3)...), "=live")},
		{"of a log that is gone", 0, func([]wire.ID) Since { return After(wire.FirstID(time.Now())) }, []string{"=gap", "=live"}},
		{"expired, of an empty log", 0, func([]wire.ID) Since { return After(wire.ID{Ms: 5}) }, []string{"=live"}},
		{"expired, of a short log", 3, func([]wire.ID) Since { return After(wire.ID{Ms: 5}) }, append(numbers(1, 3), "=live")},
		{"expired, of a long log", 90, func([]wire.ID) Since { return After(wire.ID{Ms: 5}) }, append(numbers(1, 90), "=live")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, log := newHub(t)
				n := roomNamed(t, "room")
				var ids []wire.ID
				for i := range tt.said {
					ids = append(ids, log.append(n, fmt.Sprint(i+1)))
				}
				m, c := join(h, n, tt.since(ids), -1)
				synctest.Wait()
				if diff := cmp.Diff(tt.want, c.events(t)); diff != "" {
					t.Error(diff)
				}
				log.append(n, "later")
				synctest.Wait()
				if diff := cmp.Diff(append(tt.want, "later"), c.events(t)); diff != "" {
					t.Errorf("after one more: %s", diff)
				}
				h.Leave(m)
			})
		})
	}
}

// A cursor that stands in no log costs no look at it.
func TestJoin_ReadsNoHistoryForAnUnknownCursor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		log.append(n, numbers(1, 90)...)
		m, c := join(h, n, Unknown(), -1)
		synctest.Wait()
		if events := c.events(t); len(events) == 0 || events[0] != "=gap" || log.reads != 0 {
			t.Errorf("%d reads for %.60q", log.reads, events)
		}
		h.Leave(m)
	})
}

func TestJoin_WaitsForAProcessThatIsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		log.append(n, "1")
		first, seen := join(h, n, Newest(), -1)
		synctest.Wait()
		log.hold = true
		id := log.append(n, "2", "3")
		second, c := join(h, n, After(id), -1)
		synctest.Wait()
		if diff := cmp.Diff([]string{"=live"}, c.events(t)); diff != "" {
			t.Errorf("the one that is ahead: %s", diff)
		}
		if diff := cmp.Diff([]string{"1", "=live", "2", "3"}, seen.events(t)); diff != "" {
			t.Errorf("the one that was here: %s", diff)
		}
		h.Leave(first)
		h.Leave(second)
	})
}

// The answer that is on its way was asked for before the second one came, and says
// nothing of what that one has seen.
func TestJoin_AsksAgainForWhoComesWhileItAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		log.append(n, "1")
		first, _ := join(h, n, Newest(), -1)
		synctest.Wait()
		log.hold, log.answer = true, make(chan struct{})
		second, c2 := join(h, n, After(log.append(n, "2")), -1)
		synctest.Wait()
		third, c3 := join(h, n, After(log.append(n, "3")), -1)
		synctest.Wait()
		for range 2 {
			log.answer <- struct{}{}
			synctest.Wait()
		}
		if diff := cmp.Diff([]string{"=live", "3"}, c2.events(t)); diff != "" {
			t.Errorf("the one that asked: %s", diff)
		}
		if diff := cmp.Diff([]string{"=live"}, c3.events(t)); diff != "" {
			t.Errorf("the one that came meanwhile: %s", diff)
		}
		for _, m := range []*Member{first, second, third} {
			h.Leave(m)
		}
	})
}

func TestClassicMember_GetsOnlyMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		log.append(n, "1", "2")
		c := newConn(-1)
		m := NewMember(c, Classic, time.Now())
		h.Join(n, m, Unknown())
		synctest.Wait()
		log.append(n, "3")
		synctest.Wait()
		if diff := cmp.Diff([]string{"1", "2", "3"}, c.events(t)); diff != "" {
			t.Error(diff)
		}
		h.Leave(m)
	})
}
