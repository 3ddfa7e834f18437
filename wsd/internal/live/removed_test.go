package live

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
)

func told(id wire.ID) string { return "=removed " + id.String() }

func TestRemoved_NobodyGetsTheTextAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		here, seen := join(h, n, Newest(), -1)
		classic, seenByClassic := newConn(-1), newConn(-1)
		old := NewMember(seenByClassic, Classic, time.Now())
		h.Join(n, old, Now())
		behind, slow := join(h, n, Newest(), 0) // takes nothing yet
		synctest.Wait()
		var ids []wire.ID
		for _, text := range numbers(1, 5) {
			ids = append(ids, log.append(n, text))
			synctest.Wait()
		}
		time.Sleep(time.Second)
		log.remove(n, ids[2])
		h.Removed(n.Key(), []wire.Removal{{ID: ids[2], At: 5}}) // the order comes again
		log.append(n, "6")
		slow.open()
		synctest.Wait()

		room := h.find(n.Key())
		if bytes.Contains(room.view.Load().buf, []byte(`"3"`)) {
			t.Error("the tail holds the text")
		}
		for what, got := range map[string][2][]string{
			"a member":              {seen.events(t), {"=live", "1", "2", "3", "4", "5", told(ids[2]), "6"}},
			"a classic client":      {seenByClassic.events(t), {"1", "2", "3", "4", "5", "6"}},
			"a member that is slow": {slow.events(t), {"=live", "1", "2", told(ids[2]), "4", "5", "6"}},
		} {
			if diff := cmp.Diff(got[1], got[0]); diff != "" {
				t.Errorf("%s: %s", what, diff)
			}
		}
		for what, c := range map[string]struct {
			since Since
			want  []string
		}{
			"a new one":              {Newest(), []string{"1", "2", "4", "5", "6", "=live"}},
			"from before":            {After(ids[1]), []string{"4", "5", "6", "=live", told(ids[2])}},
			"at the removed message": {After(ids[2]), []string{"4", "5", "6", "=live", told(ids[2])}},
			"from behind it":         {After(ids[4]), []string{"6", "=live", told(ids[2])}},
			"just after the removal": {After(log.append(n, "7")), []string{"=live", told(ids[2])}},
			"with a gap":             {After(wire.ID{Ms: ids[2].Ms, Seq: 7}), []string{"=gap", "1", "2", "4", "5", "6", "7", "=live", told(ids[2])}},
		} {
			if what != "just after the removal" && what != "with a gap" {
				c.want = slices.Insert(c.want, slices.Index(c.want, "=live"), "7")
			}
			m, conn := join(h, n, c.since, -1)
			synctest.Wait()
			if diff := cmp.Diff(c.want, conn.events(t)); diff != "" {
				t.Errorf("a member %s: %s", what, diff)
			}
			h.Leave(m)
		}
		time.Sleep(time.Hour)
		late, conn := join(h, n, After(log.append(n, "8")), -1)
		synctest.Wait()
		if diff := cmp.Diff([]string{"=live"}, conn.events(t)); diff != "" {
			t.Errorf("a member from an hour later: %s", diff)
		}
		again := NewMember(classic, Classic, time.Now())
		h.Join(n, again, After(ids[2]))
		synctest.Wait()
		if diff := cmp.Diff([]string{"4", "5", "6", "7", "8"}, classic.events(t)); diff != "" {
			t.Errorf("a classic client that resumes: %s", diff)
		}
		for _, m := range []*Member{here, old, behind, late, again} {
			h.Leave(m)
		}
	})
}

// The process has read an entry before it was removed, and hears of the removal first.
func TestRemoved_BeforeItIsDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		log.append(n, "0")
		m, c := join(h, n, Newest(), -1)
		now := wire.FirstID(time.Now())
		entries := []wire.Entry{{ID: wire.ID{Ms: now.Ms + 7}, Text: "gone"}, {ID: wire.ID{Ms: now.Ms + 9}, Text: "stays"}}
		h.Removed(n.Key(), []wire.Removal{{ID: entries[0].ID, At: now.Ms + 8}}) // while the room is loaded
		synctest.Wait()
		h.Deliver(n, entries)
		h.Flush(n)
		h.Reset(n, entries, nil, true)
		h.Flush(n)
		synctest.Wait()
		if events := c.events(t); slices.Contains(events, "gone") || !slices.Contains(events, "stays") {
			t.Errorf("got %q", events)
		}
		h.Leave(m)
	})
}

// A room is loaded after the removal, from a long log, for a page from before.
func TestRemoved_BeforeTheRoomIsLoaded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		first := log.append(n, "first")
		last := log.append(n, numbers(1, 100)...)
		time.Sleep(time.Second)
		log.remove(n, first)
		log.remove(n, last)
		time.Sleep(time.Hour)
		newest := log.append(n, numbers(101, 300)...)
		log.remove(n, newest)
		for what, c := range map[string]struct {
			since  Since
			events int
			first  string
			told   []string
		}{
			"at one that was removed": {After(first), 302, "1", []string{told(first), told(last), told(newest)}},
			"at another one":          {After(last), 203, "101", []string{told(first), told(last), told(newest)}},
			"at the last one":         {After(newest), 2, "=live", []string{told(newest)}},
			"new":                     {Newest(), wire.HistoryPage + 1, "250", nil},
		} {
			log.reads = 0
			m, conn := join(h, n, c.since, -1)
			synctest.Wait()
			if what == "at the last one" && log.reads > 0 {
				t.Errorf("%s: %d reads of the history", what, log.reads)
			}
			events := conn.events(t)
			if len(events) != c.events || events[0] != c.first || slices.Contains(events, "100") || slices.Contains(events, "300") || slices.Contains(events, "=gap") {
				t.Errorf("%s: %d events, %q", what, len(events), events)
			}
			if after := slices.Index(events, "=live") + 1; !slices.Equal(events[after:], c.told) {
				t.Errorf("%s: after live %q", what, events[after:])
			}
			h.Leave(m)
		}
	})
}

// A page of history has been read, and has not been sent, when a message in it is removed.
func TestRemoved_WhileHistoryIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log := newHub(t)
		n := roomNamed(t, "room")
		first := log.append(n, "first")
		bad := log.append(n, "bad")
		log.append(n, numbers(1, loaded)...)
		log.meanwhile = func() { log.remove(n, bad) }
		m, conn := join(h, n, After(first), -1)
		synctest.Wait()
		if diff := cmp.Diff(append(numbers(1, loaded), "=live", told(bad)), conn.events(t)); diff != "" || log.meanwhile != nil {
			t.Error(diff)
		}
		h.Leave(m)
	})
}

// A new member is sent a page of history that holds the message when it is removed.
func TestRemoved_WhileAPageIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, log, n := newRoomWithMember(t)
		log.append(n, "first")
		bad := log.append(n, "bad")
		h.find(n.Key()).giveUp(true)
		m, conn := join(h, n, Newest(), 0)
		defer h.Leave(m)
		synctest.Wait()
		log.remove(n, bad)
		conn.open()
		synctest.Wait()
		if diff := cmp.Diff([]string{"first", "bad", "=live", told(bad)}, conn.events(t)); diff != "" {
			t.Error(diff)
		}
	})
}

// A writer may still use what it has seen before.
func TestRemoved_ViewsDoNotChange(t *testing.T) {
	r := tail{limit: 2000}
	r.add([]wire.Entry{{ID: wire.ID{Ms: 1}, Text: "secret"}})
	v := r.view
	before := string(v.buf)
	r.remove([]wire.Removal{{ID: wire.ID{Ms: 1}, At: 2}})
	if string(v.buf) != before || len(v.removals.list) != 0 {
		t.Errorf("the view has become %q", v.buf)
	}
}

// After any removal, a cursor continues with all other frames.
func TestRemoved_CursorsStayRight(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		r := tail{limit: 2000}
		gone := make(map[wire.ID]bool)
		for i := range uint64(60) {
			r.add([]wire.Entry{{ID: wire.ID{Ms: i + 1}, Text: fmt.Sprintf("text %d", i+1)}})
			for range rng.IntN(3) {
				id := wire.ID{Ms: 1 + rng.Uint64N(i+1)}
				r.remove([]wire.Removal{{ID: id, At: i}})
				gone[id] = true
			}
			if rng.IntN(40) == 0 {
				r.expire(wire.ID{Ms: 1 + rng.Uint64N(i+1)})
			}
			from := 1 + rng.Uint64N(i+1)
			if from < r.oldestID() {
				continue
			}
			cursor, _, _ := r.find(wire.ID{Ms: from})
			var got, want []byte
			for v := r.view; cursor < v.head(); {
				var frames []byte
				frames, cursor = v.next(cursor, rng.IntN(2*r.limit))
				got = append(got, frames...)
			}
			for ms := from + 1; ms <= i+1; ms++ {
				if id := (wire.ID{Ms: ms}); !gone[id] {
					want = appendFrame(want, opText, wire.AppendMessage(nil, id, fmt.Sprintf("text %d", ms)))
				}
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("seed %d: after %d of %d: %q, want %q", seed, from, i+1, got, want)
			}
		}
	}
}

// oldestID is the time of the oldest entry that the tail has.
func (r *tail) oldestID() uint64 {
	if len(r.marks) == 0 {
		return 1 << 60
	}
	return r.marks[0].id.Ms
}

func TestRemoved_RemovalsAreBoundedAndForgotten(t *testing.T) {
	r := tail{limit: 2000}
	for i := range uint64(maxRemovals + 10) {
		r.remove([]wire.Removal{{ID: wire.ID{Ms: i}, At: i}})
	}
	if x := r.removals; len(x.list) != maxRemovals || x.list[0].ID.Ms != 10 || x.since(wire.ID{}) != 10 || x.head() != maxRemovals+10 {
		t.Errorf("%d kept from %v on", len(x.list), x.list[0])
	}
	if x := &r.removals; !r.expire(wire.ID{Ms: maxRemovals + 9}) || len(x.list) != 1 || x.head() != maxRemovals+10 {
		t.Errorf("%d kept after they expired", len(x.list))
	}
}
