package guest

import (
	"slices"

	"chatter/shared/wire"
)

// timeline is what a guest's log shows, as a list of IDs.
type timeline struct {
	ids    []wire.ID // in order
	cursor wire.ID   // everything up to it is here, or was told to be missing
	gap    *gap      // from a gap to the next live
}

// gap is what has come since a gap: the newest messages, as the log has them now.
type gap struct {
	first, previous wire.ID
	count           int
}

// message takes a message and reports whether it was not here yet.
func (t *timeline) message(id wire.ID) (fresh bool) {
	if g := t.gap; g != nil {
		// Frames that follow each other are neighbours in the log: what is shown between
		// two of them is not in the log any more.
		if g.count > 0 {
			t.forget(g.previous, id)
		} else {
			g.first = id
		}
		g.previous = id
		g.count++
	}
	if t.gap != nil || id.Compare(t.cursor) > 0 {
		t.cursor = id
	}
	i, known := slices.BinarySearchFunc(t.ids, id, wire.ID.Compare)
	if !known {
		t.ids = slices.Insert(t.ids, i, id)
	}
	return !known
}

func (t *timeline) openGap() { t.gap = new(gap) }

// live ends what was sent for the cursor. It is the server's word on how far the guest
// is: after a log was lost it is lower than the guest's own, which nothing would ever be
// found after.
func (t *timeline) live(cursor wire.ID) {
	if g := t.gap; g != nil {
		last := wire.ID{Ms: ^uint64(0), Seq: ^uint64(0)}
		t.forget(cursor, last)
		// Too few to be but a part of the log: they are all of it.
		if g.count > 0 && g.count < wire.HistoryPage {
			t.ids = slices.DeleteFunc(t.ids, func(id wire.ID) bool { return id.Compare(g.first) < 0 })
		}
		t.gap = nil
	}
	t.cursor = cursor
}

// forget drops what stands after one ID and before another.
func (t *timeline) forget(after, before wire.ID) {
	t.ids = slices.DeleteFunc(t.ids, func(id wire.ID) bool {
		return id.Compare(after) > 0 && id.Compare(before) < 0
	})
}
