package live

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/name"
	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
)

func join(h *Hub, n name.Room, since Since, window int) (*Member, *fakeConn) {
	c := newConn(window)
	m := NewMember(c, Events, time.Now())
	h.Join(n, m, since)
	return m, c
}

func numbers(from, to int) (texts []string) {
	for i := from; i <= to; i++ {
		texts = append(texts, fmt.Sprint(i))
	}
	return texts
}

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
		{"inside the run", 90, func(ids []wire.ID) Since { return After(ids[85]) }, append(numbers(87, 90), "=live")},
		{"before the run", 400, func(ids []wire.ID) Since { return After(ids[9]) }, append(numbers(11, 400), "=live")},
		{"not in a whole log", 3, func([]wire.ID) Since { return Unknown() }, append(append([]string{"=gap"}, numbers(1, 3)...), "=live")},
		{"not in a long log", 90, func([]wire.ID) Since { return Unknown() }, append(append([]string{"=gap"}, numbers(41, 90)...), "=live")},
		{"between entries", 3, func(ids []wire.ID) Since { return After(wire.ID{Ms: ids[0].Ms, Seq: 7}) }, append(append([]string{"=gap"}, numbers(1, 3)...), "=live")},
		{"newer than all", 3, func(ids []wire.ID) Since { return After(wire.ID{Ms: ids[2].Ms + 1}) }, append(append([]string{"=gap"}, numbers(1, 3)...), "=live")},
		{"of a log that is gone", 0, func([]wire.ID) Since { return After(wire.ID{Ms: 5}) }, []string{"=gap", "=live"}},
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

func TestSlowMember_IsClosedWhileOthersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		slow, slowConn := join(h, n, Newest(), 1000)
		fast, fastConn := join(h, n, Newest(), -1)
		synctest.Wait()
		long := strings.Repeat("x", 5000)
		const said = 2 * RunBytes / 5000
		for range said {
			log.append(n, long)
		}
		synctest.Wait()
		if got := len(fastConn.events(t)); got != said+1 {
			t.Errorf("the fast one got %d events, want %d", got, said+1)
		}
		if slowConn.lingers {
			t.Error("the slow one was closed before it read on")
		}
		for range 100 { // it reads on: the rest of what was under way, then the close
			slowConn.read(1000)
			synctest.Wait()
		}
		events := slowConn.events(t)
		if last := events[len(events)-1]; last != "=close too slow " {
			t.Errorf("the slow one's last event is %.40q", last)
		}
		if _, rest := slowConn.frames(t); rest != 0 {
			t.Errorf("%d bytes of a broken frame", rest)
		}
		h.Leave(slow)
		h.Leave(fast)
	})
}

func TestSlowMember_CatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		m, c := join(h, n, Newest(), 100)
		synctest.Wait()
		want := []string{"=live"}
		for i := range 500 {
			log.append(n, fmt.Sprint(i))
			want = append(want, fmt.Sprint(i))
			if i%7 == 0 {
				c.read(150)
				m.Control(pingFrame)
			}
			if i%50 == 0 {
				synctest.Wait()
			}
		}
		for range 1000 {
			c.read(100)
			synctest.Wait()
		}
		got := c.events(t)
		var messages []string
		for _, e := range got {
			if e != "=ping" {
				messages = append(messages, e)
			}
		}
		if diff := cmp.Diff(want, messages); diff != "" {
			t.Error(diff)
		}
		if len(got)-len(messages) != 72 {
			t.Errorf("%d pings, want 72", len(got)-len(messages))
		}
		h.Leave(m)
	})
}

func TestSend_IsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		m, c := join(h, roomNamed(t, "room"), Newest(), 0)
		synctest.Wait()
		for range 100 {
			m.Send(make([]byte, 1000))
		}
		if !m.Closing() || len(m.own) > ownBytes+1010 {
			t.Errorf("closing %v with %d bytes waiting", m.Closing(), len(m.own))
		}
		c.Abort()
		synctest.Wait()
		h.Leave(m)
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

func TestCloseAll_SpreadsTheReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		m, c := join(h, n, Newest(), -1)
		synctest.Wait()
		log.append(n, "last words")
		h.CloseAll(wire.CloseRestart)
		log.append(n, "too late")
		synctest.Wait()
		if diff := cmp.Diff([]string{"=live", "last words", "=close restart retry=1"}, c.events(t)); diff != "" {
			t.Error(diff)
		}
		if !c.lingers {
			t.Error("the reader does not wait for the peer's close")
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
		if h.Rooms() != 1 {
			t.Error("unloaded at once: a reload of the page would read the log again")
		}
		time.Sleep(unloadAfter)
		synctest.Wait()
		if _, watched := log.watched[n]; h.Rooms() != 0 || watched {
			t.Errorf("%d rooms held, watched %v", h.Rooms(), watched)
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
		if waiting := len(h.find(n, 0).waiting); waiting != 0 {
			t.Errorf("%d members wait that have left", waiting)
		}
		log.mu.Unlock()
		synctest.Wait()
	})
}

func TestFeed_ForgetsWhatNobodySees(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		f := h.NewFeed()
		users := func(c *fakeConn) (users []string) {
			synctest.Wait()
			frames, _ := c.frames(t)
			for _, fr := range frames {
				e, err := wire.ParseEvent(fr.payload)
				if err != nil {
					t.Fatal(err)
				}
				users = append(users, e.Users...)
			}
			return users
		}
		payload := func(user string) []byte { return wire.AppendRecent(nil, []string{user}, nil) }
		first, second := newConn(-1), newConn(-1)
		m := NewMember(first, Events, time.Now())
		f.Publish(payload("ann"))
		f.Join(m)
		f.Forget() // not while somebody is there
		f.Publish(payload("bob"))
		if diff := cmp.Diff([]string{"ann", "bob"}, users(first)); diff != "" {
			t.Error(diff)
		}
		h.Leave(m)
		f.Forget()
		m = NewMember(second, Events, time.Now())
		f.Join(m)
		if got := users(second); len(got) != 0 {
			t.Errorf("the next is shown %q", got)
		}
		f.Publish(payload("cat"))
		if diff := cmp.Diff([]string{"cat"}, users(second)); diff != "" {
			t.Error(diff)
		}
		h.Leave(m)
	})
}

func TestFeed_SendsTheNewestThenTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		f := h.NewFeed()
		payload := func(user string) []byte { return wire.AppendRecent(nil, []string{user}, nil) }
		f.Publish(payload("old"))
		f.Publish(payload("new"))
		c := newConn(-1)
		m := NewMember(c, Events, time.Now())
		f.Join(m)
		f.Publish(payload("next"))
		synctest.Wait()
		var users []string
		frames, _ := c.frames(t)
		for _, fr := range frames {
			e, err := wire.ParseEvent(fr.payload)
			if err != nil {
				t.Fatal(err)
			}
			users = append(users, e.Users...)
		}
		if diff := cmp.Diff([]string{"new", "next"}, users); diff != "" {
			t.Error(diff)
		}
		if f.Members() != 1 {
			t.Errorf("%d members", f.Members())
		}
		h.Leave(m)
	})
}
