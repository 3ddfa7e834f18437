package browser_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// After a gap history comes in front of what is new, and behind what has long been there.
func TestLog_HistoryAfterAGapIsNotAnnounced(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Announced after a gap"
	ann := newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	proxy := ann.through(t)
	ann.begin(announced)
	ann.openRoom(room)
	others := newCrowd(t, w, room)
	others.say("before")
	ann.awaitLog(1)
	proxy.refuse(true)
	proxy.cut()
	ann.awaitState("reconnecting")
	// The log begins anew, as if more had been said than it holds.
	if reply := redis(t, w, "DEL", logOf(t, room)); reply != ":1" {
		t.Fatalf("DEL: %q", reply)
	}
	for i := range 130 {
		others.say(fmt.Sprintf("meanwhile %d", i))
	}
	proxy.refuse(false)
	ann.awaitLive()
	ann.until("the past is there", "(document.querySelector('#scroller').scrollTo(0, -1e6), !document.querySelector('#start').hidden)")
	others.say("last")
	ann.until("it is there", "window.announced.at(-1) === 'last'")
	want := []string{"before", "Messages may be missing here."}
	for i := 80; i < 130; i++ {
		want = append(want, fmt.Sprintf("meanwhile %d", i))
	}
	if diff := cmp.Diff(append(want, "last"), value[[]string](ann, "window.announced")); diff != "" {
		t.Errorf("announced:\n%s", diff)
	}
	ann.inOrder(ann.log())
	if n := len(ann.log()); n < 131 {
		t.Errorf("%d messages are shown", n)
	}
}

// A gap in view does not move away when messages come in below it. It must not load page after
// page then.
func TestLog_AGapInViewDoesNotLoadTheWholeLog(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Gap in view"
	ann := newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	proxy := ann.through(t)
	ann.openRoom(room)
	others := newCrowd(t, w, room)
	for _, text := range numbered("before", 3) {
		others.say(text)
	}
	ann.awaitLog(3)
	proxy.refuse(true)
	proxy.cut()
	ann.awaitState("reconnecting")
	if reply := redis(t, w, "DEL", logOf(t, room)); reply != ":1" {
		t.Fatalf("DEL: %q", reply)
	}
	for i := range 600 {
		others.say(fmt.Sprintf("meanwhile %d", i))
	}
	proxy.refuse(false)
	ann.awaitLive()
	ann.until("a gap is told of", "document.querySelector('.log > .gap')")
	const (
		asked  = "performance.getEntriesByType('resource').filter(({name}) => name.includes('/messages/')).length"
		busy   = "document.querySelector('#older').ariaBusy === 'true'"
		above  = "(document.querySelector('#scroller').getBoundingClientRect().top - document.querySelector('.gap').getBoundingClientRect().bottom) / document.querySelector('#scroller').clientHeight"
		inView = "(document.querySelector('#scroller').scrollTop += document.querySelector('.gap').getBoundingClientRect().top - 150)"
	)
	for i := range 2 {
		before := value[int](ann, asked)
		value[float64](ann, inView)
		ann.until("the gap has moved up, or all is loaded", fmt.Sprintf("%s > %d && !(%s) && (%s > 1.5 || document.querySelector('#older').hidden)", asked, before, busy, above))
		if n := value[int](ann, asked) - before; n > 3 {
			t.Errorf("scroll %d to the gap has loaded %d pages", i, n)
		}
	}
	ann.inOrder(ann.log())
}
