package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// An element that disappears while it has the focus passes it to the next useful element. If
// the page got the focus, the next Tab would begin at the top.
func TestFocus_IsNotLostWithWhatHadIt(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Focus"
	seed(t, w, room, prose(40))
	ann := newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	proxy := ann.through(t)
	ann.openRoom(room)
	home := "document.activeElement === " + field

	ann.do("scroll up", chromedp.Evaluate[chromedp.Void]("void document.querySelector('#scroller').scrollBy(0, -900)"))
	ann.until("a way down is offered", "!document.querySelector('#jump').hidden")
	ann.do("go to it", focusOn("#jump"))
	ann.do("scroll down", chromedp.Evaluate[chromedp.Void]("void document.querySelector('#scroller').scrollTo(0, 0)"))
	ann.until("it has gone, and the focus is at home", "document.querySelector('#jump').hidden && "+home)

	proxy.refuse(true)
	proxy.cut()
	ann.awaitState("reconnecting")
	ann.say("as somebody is about to take it back")
	ann.until("it waits", "document.querySelector('#outbox [data-do=drop]')?.checkVisibility()")
	ann.do("think about it", focusOn("#outbox [data-do=drop]"))
	proxy.refuse(false)
	ann.awaitLog(41)
	ann.until("the focus is at home", home)
}
