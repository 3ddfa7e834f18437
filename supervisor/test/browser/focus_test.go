package browser_test

import (
	"testing"
	"time"

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

// A message that goes while it has the focus passes it to the next one, the newest to the one before.
func TestFocus_StaysInTheLogWhenItsMessageGoes(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Focused"
	var lines []line
	for i, text := range []string{"one", "two", "three"} {
		lines = append(lines, line{time.Duration(3-i) * time.Minute, text})
	}
	seed(t, w, room, lines)
	ann, mia := newGuest(t, w, "Ann"), newGuest(t, w, "Mia")
	mia.moderates()
	for _, b := range []*tab{ann, mia} {
		b.openRoom(room)
	}
	ann.do("look at a message", focusOn(".message:nth-child(2) .cite"))
	for _, c := range []struct{ goes, next string }{{"two", "three"}, {"three", "one"}} {
		mia.removes(c.goes)
		ann.until(c.next+" has the focus", "document.activeElement.matches('.cite') && document.activeElement.closest('.message').querySelector('p').textContent === "+js(c.next))
	}
	mia.removes("one")
	ann.until("the focus is at home", "document.activeElement === "+field)
}
