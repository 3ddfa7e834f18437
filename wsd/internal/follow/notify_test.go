package follow

import (
	"fmt"
	"testing"
	"time"

	"chatter/shared/redisconn"
	"chatter/shared/redistest"

	"github.com/google/go-cmp/cmp"
)

// While another process follows the room, the process of the author must not be the
// first to deliver: it waits for the notification like the other.
func TestAppend_IsDeliveredByTheNotificationBesideAnotherProcess(t *testing.T) {
	redistest.OnBoth(t, func(t *testing.T, c *redisconn.Client) {
		ours, theirs := newLog(t, c), newLog(t, c)
		room, w := roomNamed(t, "room"), newWatcher()
		f := New(c, ours, w, 24*time.Hour)
		defer f.Close()
		p := tapped(f, w)
		f.Watch(room)
		w.until(t, "the room is loaded", func() bool { return w.resets[room] == 1 })
		_, other := followed(t, c, theirs, room)
		p.awaitConfirmed(t, c, f, ours, theirs, room)
		before := len(w.texts(room))

		w.note(func() { p.hold = true })
		for i := range 3 { // the first finds out that it is not alone
			say(t, ours, room, fmt.Sprint(i))
			other.until(t, "the other has it", func() bool { return len(other.entries[room]) == before+1+i })
		}
		// The answer of the third came with a pipeline that began after the others ended.
		if got := w.texts(room)[before:]; len(got) > 0 {
			t.Errorf("delivered before the notification: %q", got)
		}
		w.until(t, "the notifications have come", func() bool { return len(p.held) == 3 })
		p.held[0]() // it stands for all of them
		w.until(t, "the messages have come", func() bool { return len(w.entries[room]) == before+3 })
		if diff := cmp.Diff([]string{"0", "1", "2"}, w.texts(room)[before:]); diff != "" {
			t.Error(diff)
		}
	})
}
