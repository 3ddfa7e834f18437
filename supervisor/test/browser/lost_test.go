package browser_test

import (
	"slices"
	"testing"
)

// The page stops to show messages that Redis has lost, and it says that something is
// missing; what is still there comes once more and stands there once.
func TestLost_TheEndOfTheLog_ThePageSaysSo(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Lost"
	ann := newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	proxy := ann.through(t)
	ann.openRoom(room)
	for _, text := range []string{"one", "two", "three"} {
		ann.say(text)
	}
	ann.sees("one", "two", "three")
	last := ann.log()[2].ID

	proxy.refuse(true)
	proxy.cut()
	ann.awaitState("reconnecting")
	if reply := redis(t, w, "XDEL", logOf(t, room), last); reply != ":1" {
		t.Fatalf("XDEL: %q", reply)
	}
	newSocketGuest(t, w, "Ben", room).say("four")
	proxy.refuse(false)
	ann.awaitLive()
	ann.until("the page goes on", "document.querySelector('#log').innerText.includes('four')")
	ann.gapAfter(2, 1)
	if seen := texts(ann.log()); !slices.Equal(seen, []string{"one", "two", "four"}) {
		t.Errorf("Ann sees %q", seen)
	}
	ann.owns("one", "two")
	ann.look("room gap")
}
