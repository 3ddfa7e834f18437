package browser_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

const (
	upSays = "(document.querySelector('#up').hidden ? '' : document.querySelector('#up').innerText)"
	// lineBefore is the message that the line stands in front of.
	lineBefore = "document.querySelector('.unread')?.closest('li').querySelector('p').textContent"
)

// leaves goes away from the room for as long as it takes to say so many messages.
func (b *tab) leaves(room string, n int) {
	b.Helper()
	b.open("/index/")
	lines := prose(n)
	for i := range lines {
		lines[i].ago, lines[i].text = 0, "new "+lines[i].text
	}
	seed(b.T, b.site, room, lines)
	b.openRoom(room)
}

func TestUnread_MoreCameThanThePageShows(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Overnight"
	old := prose(40)
	seed(t, w, room, old)
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	ann.leaves(room, 130)

	ann.until("it says that there is more than it shows", upSays+" === '50+ new' && "+atBottom)
	ann.look("room unread above")
	ann.do("resize", chromedp.EmulateViewport(1000, 700))
	ann.click("#up")
	inSight := `(() => {
		const line = document.querySelector('.unread').getBoundingClientRect(), log = document.querySelector('#scroller').getBoundingClientRect();
		return line.top >= log.top && line.bottom <= log.bottom;
	})()`
	// Messages that are loaded on the way up are unread, too.
	ann.until("the line is where it belongs", fmt.Sprintf("(document.querySelector('#up').hidden || document.querySelector('#up').click(), %s.startsWith('new line 0 ') && %s)", lineBefore, inSight))
	ann.until("nothing leads there any more", "document.querySelector('#up').hidden && document.activeElement.id === 'scroller'")
	ann.do("go down", chromedp.Evaluate[chromedp.Void]("void document.querySelector('#scroller').scrollTo(0, 0)"))
	ann.until("it is read", atBottom+" && document.querySelector('#up').hidden && document.querySelector('.unread')")

	// The next time fewer have come than the page shows.
	ann.leaves(room, 30)
	ann.until("it says how many", upSays+" === '30 new'")
	ann.say("good morning")
	ann.until("who takes part has read", "document.querySelector('#up').hidden && !document.querySelector('.unread')")
	ann.leaves(room, 2)
	ann.until("the line is in sight", inSight)
	if says := value[string](ann, upSays); says != "" {
		t.Errorf("a way to what is in sight: %q", says)
	}
}

// A window may be in view while somebody works in another one.
func TestUnread_InViewIsNotRead(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Beside"
	seed(t, w, room, prose(3))
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	title := value[string](ann, "document.title")
	ben := newSocketGuest(t, w, "Ben", room)
	// The one window of this browser never loses the focus.
	focus := func(has bool, event string) {
		t.Helper()
		value[bool](ann, fmt.Sprintf("(document.hasFocus = () => %v, window.dispatchEvent(new Event('%s')))", has, event))
	}
	focus(false, "blur")
	ben.say("are you there?")
	ann.until("it is counted", "document.title === "+js("(1) "+title))
	focus(true, "focus")
	ann.until("it is read", "document.title === "+js(title)+" && "+lineBefore+" === 'are you there?'")
}
