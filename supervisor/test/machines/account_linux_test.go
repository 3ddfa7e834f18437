package machines_test

import (
	"chatter/shared/wire"
)

// account compares what the guests were told with the log, and returns how many acked messages
// are not in it and how many gaps were told. Each message is in the log once at most. Each guest
// saw the log as it is: between two gaps nothing is skipped, doubled or out of order. Messages that
// the log has lost may only stand before a gap.
func (c *crowd) account(log []wire.Entry) (lost, gaps int) {
	c.t.Helper()
	place, texts := make(map[wire.ID]int), make(map[string]wire.ID)
	for i, e := range log {
		place[e.ID] = i
		if before, twice := texts[e.Text]; twice {
			c.t.Errorf("%q is in the log at %v and %v", e.Text, before, e.ID)
		}
		texts[e.Text] = e.ID
	}
	for number, p := range c.people {
		p.note(func() {
			for text, id := range p.acked {
				if stored, ok := texts[text]; !ok || stored != id {
					lost++
				}
			}
			gaps += len(p.seen) - 1
			for r, run := range p.seen {
				next := -1 // the place of the next entry, if it is known
				for i, e := range run {
					at, stands := place[e.ID]
					switch {
					case !stands && r == len(p.seen)-1:
						c.t.Errorf("guest %d saw %v, which the log has lost, and was told of no gap", number, e.ID)
					case !stands:
						next = len(log) // only lost ones may follow
					case next >= 0 && at != next:
						c.t.Errorf("guest %d saw entry %d of the log, want %d (message %d after gap %d)", number, at, next, i, r)
						next = at + 1
					default:
						next = at + 1
					}
				}
			}
		})
	}
	return lost, gaps
}
