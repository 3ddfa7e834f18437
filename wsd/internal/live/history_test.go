package live

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
)

// Members that read their history over a slow link hold up nobody.
func TestHistory_SlowReadersAreNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		first := log.append(n, "1")
		log.append(n, numbers(2, 400)...)
		var slow []*fakeConn
		for range 2 * historyReaders {
			m, c := join(h, n, After(first), 100)
			defer h.Leave(m)
			slow = append(slow, c)
		}
		synctest.Wait()
		m, c := join(h, n, After(first), -1)
		defer h.Leave(m)
		synctest.Wait()
		if diff := cmp.Diff(append(numbers(2, 400), "=live"), c.events(t)); diff != "" {
			t.Error(diff)
		}
		for _, c := range slow {
			c.open()
		}
		synctest.Wait()
		for _, c := range slow {
			if diff := cmp.Diff(append(numbers(2, 400), "=live"), c.events(t)); diff != "" {
				t.Error(diff)
			}
		}
	})
}

// However long the messages are, what waits for one socket is bounded.
func TestHistory_HoldsAFewMessagesAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		first := log.append(n, "0")
		text := strings.Repeat("x", 8000)
		var want []string
		for i := range 400 {
			want = append(want, fmt.Sprint(i, text))
		}
		log.append(n, want...)
		m, c := join(h, n, After(first), -1)
		defer h.Leave(m)
		synctest.Wait()
		if diff := cmp.Diff(append(want, "=live"), c.events(t)); diff != "" {
			t.Error(diff)
		}
		if c.largest > maxPrivate {
			t.Errorf("%d bytes wait at once, want at most %d", c.largest, maxPrivate)
		}
	})
}

// The log has exactly a page more than the member, all of it new to this process.
func TestHistory_EndsWithAWholePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		first := log.append(n, "1")
		log.append(n, numbers(2, loaded+2)...) // the tail does not reach back to the first
		here, _ := join(h, n, Newest(), -1)
		defer h.Leave(here)
		synctest.Wait()
		log.hold = true
		log.append(n, numbers(loaded+3, historyPage+1)...)
		m, c := join(h, n, After(first), -1)
		defer h.Leave(m)
		synctest.Wait()
		if diff := cmp.Diff(append(numbers(2, historyPage+1), "=live"), c.events(t)); diff != "" {
			t.Error(diff)
		}
	})
}

// A guest whose history cannot be read is told to come back later and later, and soon again
// after it could be read.
func TestHistory_AsksGuestsToBackOffWhileTheLogCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		first := log.append(n, "1")
		log.append(n, numbers(2, loaded+2)...)
		try := func() time.Duration {
			m, c := join(h, n, After(first), -1)
			defer h.Leave(m)
			synctest.Wait()
			events := c.events(t)
			reason, closed := strings.CutPrefix(events[len(events)-1], "=close overloaded ")
			wait, ok := wire.ParseRetryReason(reason)
			if !closed || !ok {
				t.Fatalf("the guest gets %q", events)
			}
			return wait
		}
		log.fail(true)
		begun, last := time.Now(), time.Duration(0)
		for range 8 {
			wait := try()
			if wait < min(max(time.Since(begun), minOutage), maxOutage) || wait > maxOutage+time.Second {
				t.Errorf("after %v: come back in %v", time.Since(begun), wait)
			}
			last = max(last, wait)
			time.Sleep(wait)
		}
		if last < maxOutage {
			t.Errorf("the longest wait is %v", last)
		}
		log.fail(false)
		m, _ := join(h, n, After(first), -1)
		synctest.Wait()
		h.Leave(m)
		log.fail(true)
		if wait := try(); wait > 2*minOutage {
			t.Errorf("after a success: come back in %v", wait)
		}
	})
}

// A log that has grown by more than can be read, of which the tail has no page.
func TestHistory_GivesUpALogThatIsTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log, n := newRoomWithMember(t)
		first := log.append(n, "0")
		const said = historyEntries + 2*historyPage
		log.append(n, numbers(1, said)...)
		h.find(n.Key()).giveUp(true)
		m, c := join(h, n, After(first), -1)
		defer h.Leave(m)
		synctest.Wait()
		events := c.events(t)
		gap := slices.Index(events, "=gap")
		if want := append(numbers(said-wire.HistoryPage+1, said), "=live"); gap < historyEntries || !slices.Equal(events[gap+1:], want) {
			t.Errorf("after %d messages and a gap: %q, want %q", gap, events[gap+1:], want)
		}
	})
}

// The tail is empty and is not the whole log, which has nothing either.
func TestHistory_EndsIfTheLogHasNothingMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		here, _ := join(h, n, Now(), -1)
		defer h.Leave(here)
		synctest.Wait()
		h.Reset(n, nil, nil, false)
		m, c := join(h, n, After(wire.ID{Ms: 5}), -1)
		defer h.Leave(m)
		synctest.Wait()
		if diff := cmp.Diff([]string{"=gap", "=live"}, c.events(t)); diff != "" || log.reads > 5 {
			t.Errorf("%d reads, %s", log.reads, diff)
		}
	})
}
