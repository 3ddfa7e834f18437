package live

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
)

// A room whose tail was given up shows the newest page to members that join, and continues
// for those that are there and those that come back.
func TestMemory_AGivenUpTailIsReadFromTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		ids := make(map[int]wire.ID)
		for i := range 200 {
			ids[i+1] = log.append(n, fmt.Sprint(i+1))
		}
		here, c := join(h, n, Newest(), -1)
		defer h.Leave(here)
		synctest.Wait()
		h.find(n.Key()).giveUp(true)
		log.append(n, "201")
		for _, tt := range []struct {
			since Since
			want  []string
		}{
			{Newest(), append(numbers(152, 201), "=live")},
			{Unknown(), append(append([]string{"=gap"}, numbers(152, 201)...), "=live")},
			{After(ids[190]), append(numbers(191, 201), "=live")},
			{After(ids[200]), []string{"201", "=live"}},
			{After(ids[5]), append(numbers(6, 201), "=live")},
			{After(wire.ID{Ms: ids[5].Ms, Seq: 1}), append(append([]string{"=gap"}, numbers(152, 201)...), "=live")},
			{Now(), []string{"=live"}},
		} {
			m, c := join(h, n, tt.since, -1)
			defer h.Leave(m)
			synctest.Wait()
			if diff := cmp.Diff(tt.want, c.events(t)); diff != "" {
				t.Errorf("since %+v: %s", tt.since, diff)
			}
		}
		log.append(n, "202")
		if diff := cmp.Diff(append(append(numbers(151, 200), "=live"), "201", "202"), c.events(t)); diff != "" {
			t.Errorf("the member that was there: %s", diff)
		}
		if reads := log.reads; reads == 0 {
			t.Error("the log was not read")
		}
		log.append(n, numbers(203, 252)...) // the tail holds a page again
		before := log.reads
		m, again := join(h, n, Newest(), -1)
		defer h.Leave(m)
		synctest.Wait()
		if diff := cmp.Diff(append(numbers(203, 252), "=live"), again.events(t)); diff != "" || log.reads != before {
			t.Errorf("%d reads of the log, %s", log.reads-before, diff)
		}
	})
}

// All messages of a room whose tail was given up have left the log since.
func TestMemory_AGivenUpTailOfAnEmptyLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log, n := newRoomWithMember(t)
		log.append(n, "removed")
		h.find(n.Key()).giveUp(true)
		log.mu.Lock()
		log.entries[n], log.watched[n] = nil, 0
		log.mu.Unlock()
		for since, want := range map[Since][]string{Newest(): {"=live", "next"}, Unknown(): {"=gap", "=live", "next"}} {
			m, c := join(h, n, since, -1)
			defer h.Leave(m)
			synctest.Wait()
			log.append(n, "next")
			if diff := cmp.Diff(want, c.events(t)); diff != "" {
				t.Error(diff)
			}
			h.find(n.Key()).giveUp(true)
			log.mu.Lock()
			log.entries[n], log.watched[n] = nil, 0
			log.mu.Unlock()
		}
	})
}

// Frames that a member lacks are given up last: it is closed and resumes.
func TestMemory_FramesThatAMemberLacksGoLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		slow, c := join(h, n, Newest(), 60) // live, and then it takes no more
		defer h.Leave(slow)
		synctest.Wait()
		log.append(n, "it waits for this one")
		synctest.Wait()
		log.append(n, numbers(1, 1000)...)
		room := h.find(n.Key())
		room.giveUp(false)
		if sizeOf(h, n) == 0 {
			t.Fatal("frames are gone that a member lacks")
		}
		room.giveUp(true)
		if size := sizeOf(h, n); size != 0 {
			t.Errorf("%d bytes are kept", size)
		}
		c.open()
		synctest.Wait()
		events := c.events(t)
		if len(events) == 0 || events[len(events)-1] != "=close too slow " {
			t.Errorf("the member got %d events, the last is %q", len(events), events[len(events)-1])
		}
	})
}

// The log has gone back in time, and then the new tail was given up: a member that has not been
// told of the gap resumes. A part of the newest page is not enough for it.
func TestMemory_AGivenUpTailThatBeganWithAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		slow, c := join(h, n, Newest(), 60) // live, and then it takes no more
		defer h.Leave(slow)
		synctest.Wait()
		log.append(n, numbers(1, 200)...)
		synctest.Wait()
		log.rollback(n, 10)
		h.find(n.Key()).giveUp(true)
		c.open()
		synctest.Wait()
		if events := c.events(t); slices.Contains(events, "=gap") || events[len(events)-1] != "=close too slow " {
			t.Errorf("got %q", events)
		}
	})
}
