package browser_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const laterState = "document.querySelector('#outbox li[data-state=later] .waiting-state')"

func (b *tab) sayLater(text string) {
	b.Helper()
	b.do("look at the field", focusOn("#message"))
	b.put(text)
	b.click("#later")
}

func TestLater_GoesOutByItselfAndHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	ann.ownClock()
	ann.openRoom("Later")
	ann.holdClock()
	ann.sayLater("in a while")
	ann.until("it says what happens", laterState+"?.innerText.startsWith('Goes out at a random moment within a minute')")
	if typed := value[string](ann, field+".value"); typed != "" {
		t.Errorf("the field still has %q", typed)
	}
	if has := value[bool](ann, "document.activeElement === "+field); !has {
		t.Error("the field has lost the focus")
	}
	doors := value[[]string](ann, "Array.from(document.querySelectorAll('#outbox li button:not([hidden])'), (b) => b.innerText)")
	if !slices.Equal(doors, []string{"Edit", "Drop"}) {
		t.Errorf("the guest can do %q", doors)
	}
	ann.say("at once")
	ann.until("the other one is in the log", "document.querySelector('#log > .own')?.innerText.includes('at once')")
	ann.pass(5*time.Second - time.Millisecond)
	ann.awaitWaiting("in a while")
	ann.pass(55*time.Second + time.Millisecond)
	// For the page, the socket was silent all that time, and it may open another one: that takes
	// time of the machine, which a step of the held clock would count as too long.
	ann.releaseClock()
	ann.until("it is sent", "document.querySelectorAll('#log > .own').length === 2")
	ann.sees("at once", "in a while")
	ann.owns("at once", "in a while")
}

func TestLater_TakenBackAndReloaded(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	ann.ownClock()
	ann.openRoom("Later again")
	ann.holdClock() // so that it waits as long as the test looks at it
	ann.sayLater("taken back")
	ann.until("it waits", laterState)
	ann.click("#outbox [data-do=edit]")
	if typed := value[string](ann, field+".value"); typed != "taken back" {
		t.Errorf("the field has %q", typed)
	}
	ann.click("#later")
	ann.until("it waits", laterState)
	ann.reload()
	ann.awaitLive()
	ann.holdClock()
	ann.pass(time.Minute)
	ann.releaseClock() // as above
	ann.until("it is sent", "document.querySelector('#log > .own')")
	ann.sees("taken back")
}

func TestLater_LooksOfAMessageThatWaits(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	proxy := ann.through(t)
	ann.openRoom("Later, seen")
	proxy.refuse(true) // so that it waits as long as the test looks at it
	proxy.cut()
	ann.allow(awayNotes...)
	ann.sayLater("seen")
	ann.until("it waits", "document.querySelector('#outbox li')")
	ann.look("room later")
}

// A text that another app shares is no message yet.
func TestLater_TakesASharedText(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	ann.ownClock()
	ann.open(roomPath("Later, shared") + "?text=from+elsewhere")
	ann.awaitLive()
	ann.holdClock()
	ann.click("#later")
	ann.until("it waits", laterState)
	ann.awaitWaiting("from elsewhere")
}

// The button explains itself to guests who only hear the page, and is not there for those
// whose browsers run no scripts.
func TestLater_TheButton(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	for _, words := range [][3]string{
		{"en", "Send within a minute", "the sound of your keyboard"},
		{"de", "Innerhalb einer Minute senden", "das Geräusch deiner Tastatur"},
	} {
		language := words[0]
		ann.speaks(language)
		ann.openRoom("The button")
		const button = "document.querySelector('#later')"
		if label := value[string](ann, button+".ariaLabel"); label != words[1] {
			t.Errorf("%s: the button is %q", language, label)
		}
		if why := value[string](ann, button+".title"); !strings.Contains(why, words[2]) {
			t.Errorf("%s: the button explains itself by %q", language, why)
		}
	}
	const shown = "document.querySelector('#later').checkVisibility()"
	if !value[bool](ann, shown) {
		t.Error("there is no button")
	}
	phone := sizes[0]
	ann.do("be a phone", chromedp.EmulateViewport(phone.width, phone.height, phone.more...))
	if value[bool](ann, shown) {
		t.Error("the empty form has the button on a phone")
	}
	ann.do("look at the field", focusOn("#message"))
	ann.put("a text")
	if !value[bool](ann, shown) {
		t.Error("a form with a text has no button on a phone")
	}
	ann.look("room with a text")
	ann.scripts(false)
	ann.open(roomPath("The button"))
	if value[bool](ann, shown) {
		t.Error("without scripts there is a button that does nothing")
	}
}
