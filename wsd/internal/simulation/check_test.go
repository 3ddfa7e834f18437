package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"chatter/shared/wire"

	"github.com/google/go-cmp/cmp"
)

// settle ends the faults and waits until every outbox is empty and every guest
// has read to the log's end. It does not wait for ever.
func (w *world) settle() {
	w.redis.mu.Lock()
	w.redis.level, w.redis.lossy = 0, false
	w.redis.mu.Unlock()
	if w.ageing { // everybody sees something that has not expired
		for _, g := range w.guests {
			g.say()
		}
	}
	for range 2000 {
		w.pass(50 * time.Millisecond)
		if w.settled() {
			break
		}
	}
	w.pass(2 * sweep) // whatever would still come, comes
	for _, p := range w.processes {
		if p.missed { // others know what was removed before they were started
			p.reconcile(w.t.Context())
		}
	}
	for range 10 {
		w.pass(50 * time.Millisecond)
	}
}

func (w *world) settled() bool {
	entries := w.entries()
	for _, g := range w.guests {
		if len(g.outbox) > 0 || !g.live {
			return false
		}
		if n := len(entries); n > 0 && g.cursor.Compare(entries[n-1].ID) < 0 { // it may be at a removed one
			return false
		}
	}
	return true
}

func (w *world) check(seed uint64) {
	t := w.t
	entries := w.entries()
	places := make(map[string]int)
	for i, e := range entries {
		if before, ok := places[e.Text]; ok {
			t.Errorf("seed %d: %q stands in the log at %d and %d", seed, e.Text, before, i)
		}
		places[e.Text] = i
	}
	for _, g := range w.guests {
		if len(g.outbox) > 0 {
			t.Errorf("seed %d: %s still has %d messages unsent", seed, g.name, len(g.outbox))
		}
		if w.rollbacks == 0 {
			w.checkOwn(seed, g, entries, places)
			if g.gaps > 0 && !w.small {
				t.Errorf("seed %d: %s was told of %d gaps, none there", seed, g.name, g.gaps)
			}
		}
		w.checkSeen(seed, g, entries)
	}
}

// checkGaps: where nothing expires and the log is trimmed by its size alone, a guest is told of
// a gap only if the log has lost what followed its cursor.
func (w *world) checkGaps() {
	for _, g := range w.guests {
		for _, cursor := range g.gapped {
			stands := slices.ContainsFunc(w.redis.entries(logKey), func(e wire.Entry) bool { return e.ID == cursor })
			if w.small && stands {
				w.t.Errorf("%s was told of a gap after %v, which stands in the log", g.name, cursor)
			}
		}
		g.gapped = nil
	}
}

// checkOwn: what g said is stored, under the ID that was acked, in its order.
func (w *world) checkOwn(seed uint64, g *guest, entries []wire.Entry, places map[string]int) {
	last := -1
	for i := range g.count {
		text := fmt.Sprint(g.name, " ", i+1)
		place, ok := places[text]
		if r, removed := w.removed[text]; removed {
			if ok || g.acked[text] != r.ID {
				w.t.Errorf("seed %d: %q was removed as %v, acked as %v, and is stored: %v", seed, text, r.ID, g.acked[text], ok)
			}
			continue
		}
		switch {
		case !ok:
			w.t.Errorf("seed %d: %q was acked as %v and is not stored", seed, text, g.acked[text])
		case entries[place].ID != g.acked[text]:
			w.t.Errorf("seed %d: %q was acked as %v and is stored as %v", seed, text, g.acked[text], entries[place].ID)
		case place < last:
			w.t.Errorf("seed %d: %q stands before what was said before it", seed, text)
		}
		last = place
	}
}

// checkSeen: since its last gap g has seen a run of the log, to the end, but for what
// expired while it was away.
func (w *world) checkSeen(seed uint64, g *guest, entries []wire.Entry) {
	for text, r := range w.removed { // the page removes what expired by itself
		if i := slices.Index(g.seen, wire.Entry{ID: r.ID, Text: text}); i >= 0 && expired(r.ID, time.Now(), w.retention()) {
			g.remove(i)
		}
	}
	if len(entries) == 0 {
		return
	}
	from := 0
	if len(g.seen) > 0 {
		for from < len(entries)-1 && entries[from].ID != g.seen[0].ID {
			from++
		}
	}
	var want []wire.Entry
	for _, e := range entries[from:] {
		if n := len(want); n >= len(g.seen) || g.seen[n] == e || !w.expiredUnseen(g, n, e.ID) {
			want = append(want, e)
		}
	}
	if diff := cmp.Diff(want, g.seen); diff != "" {
		w.t.Errorf("seed %d: %s, after %d gaps, has not seen the log: %s", seed, g.name, g.gaps, strings.TrimSpace(diff))
	}
}

// expiredUnseen reports whether an entry that g has not seen, after n others, had expired
// when it was due: before the next one was sent, or before g was told that it was live.
func (w *world) expiredUnseen(g *guest, n int, id wire.ID) bool {
	due := g.seenAt[n]
	for _, c := range g.caught {
		if c.seen == n && c.at.Sub(id.Time()) > time.Millisecond && c.at.Before(due) {
			due = c.at
		}
	}
	return expired(id, due, w.processes[0].retention)
}

func expired(id wire.ID, at time.Time, retention time.Duration) bool {
	return id.Compare(wire.FirstID(at.Add(-retention))) < 0
}
