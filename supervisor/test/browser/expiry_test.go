package browser_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const shortRetention = 10 * time.Second

// forgetful is a site that keeps messages as shortly as possible.
func forgetful(t *testing.T) *whole {
	t.Helper()
	return ownSite(t, fmt.Sprintf("CHATTER_RETENTION=%v", shortRetention))
}

// agesOfRemoved notes which texts the page has shown, and how old each message was when it
// left the page, in milliseconds. It uses the clock that no test changes. On a slow machine a
// test may look only when a text has gone again.
const agesOfRemoved = `window.agesOfRemoved = [];
window.shown = new Set();
const [origin, steady] = [performance.timeOrigin, performance.now.bind(performance)];
new MutationObserver((changes) => {
	for (const {textContent} of document.querySelectorAll('.message p, .waiting-text')) window.shown.add(textContent);
	for (const {removedNodes} of changes) for (const row of removedNodes) {
		// A row that moves to another list is still there.
		if (row.dataset?.id && !row.isConnected) window.agesOfRemoved.push(origin + steady() - Number(row.dataset.id.split('-')[0]));
	}
}).observe(document, {childList: true, subtree: true});`

// nothingLeft is true if neither the page nor the tab has anything that a guest wrote.
const nothingLeft = `!document.querySelector('.message, .day, .unread, .waiting') && document.querySelector('#message').value === ''
	&& !Object.keys(sessionStorage).some((key) => /^chatter\.(draft|outbox|own):/.test(key))`

func (b *tab) hasShown(text string) {
	b.Helper()
	b.until(text+" was shown", "window.shown.has("+js(text)+")")
}

func (b *tab) hasNeverShown(text string) {
	b.Helper()
	if value[bool](b, "window.shown.has("+js(text)+")") {
		b.Errorf("%s was shown %q", b.who, text)
	}
}

func (b *tab) removedNothingEarly(least int) {
	b.Helper()
	ages := value[[]float64](b, "window.agesOfRemoved")
	if len(ages) < least {
		b.Errorf("%s: %d messages were removed, want %d", b.who, len(ages), least)
	}
	for _, age := range ages {
		// An ID is a whole number of milliseconds, and a browser's clock is coarse.
		if age < float64(shortRetention.Milliseconds())-5 {
			b.Errorf("%s: a message was removed after %v ms", b.who, age)
		}
	}
}

func TestExpiry_AnOpenPageForgets(t *testing.T) {
	t.Parallel()
	w := forgetful(t)
	const room = "Forgetful"
	ann, ben := newGuest(t, w, "Ann"), newGuest(t, w, "Ben")
	ann.allow(awayNotes...)
	proxy := ann.through(t)
	for _, b := range []*tab{ann, ben} {
		b.begin(agesOfRemoved)
		b.openRoom(room)
	}
	ann.say("soon gone")
	ben.hasShown("soon gone")
	ann.until("the page can forget", "performance.getEntriesByType('resource').some(({name}) => name.includes('/js/expiry.js'))")
	// A clock that is set forward by a day removes nothing early.
	ann.passes(24 * time.Hour)
	ben.passes(-24 * time.Hour)
	proxy.refuse(true)
	proxy.cut()
	ann.say("never sent")
	ann.hasShown("never sent")
	ann.do("look at the field", focusOn("#message"))
	ann.put("half a sentence")
	for _, b := range []*tab{ann, ben} {
		b.until("everything has gone", nothingLeft)
		b.removedNothingEarly(1)
	}
	proxy.refuse(false)
	ann.awaitLive()
	newCrowd(t, w, room).say("afterwards")
	for _, b := range []*tab{ann, ben} {
		b.hasShown("afterwards")
		b.until("it goes as well", nothingLeft)
		b.removedNothingEarly(2)
	}
	ben.hasNeverShown("never sent")
}

func TestExpiry_AMachineThatSleptForgetsWhenItWakes(t *testing.T) {
	t.Parallel()
	w := forgetful(t)
	const room = "Sleeper"
	ann, ben := newGuest(t, w, "Ann"), newGuest(t, w, "Ben")
	ann.begin(agesOfRemoved)
	for _, b := range []*tab{ann, ben} {
		b.openRoom(room)
	}
	ben.say("while she sleeps")
	ann.hasShown("while she sleeps")
	ann.allow(`WebSocket connection to .* failed`) // Chromium ends the sockets of a frozen page.
	// The clock of some machines stands still while they sleep.
	value[bool](ann, "((at) => { performance.now = () => at; return true; })(performance.now())")
	ann.suspend(0)
	ben.until("it has gone elsewhere", nothingLeft)
	ann.resume()
	ann.until("it has gone here", nothingLeft)
	ann.removedNothingEarly(1)
}

func TestExpiry_ATabThatIsOpenedAgainHasNothingOld(t *testing.T) {
	t.Parallel()
	w := forgetful(t)
	const room = "Closed tab"
	ann, ben := newGuest(t, w, "Ann"), newGuest(t, w, "Ben")
	ann.allow(awayNotes...)
	proxy := ann.through(t)
	for _, b := range []*tab{ann, ben} {
		b.begin(agesOfRemoved)
	}
	ben.openRoom(room)
	// On a slow machine a part of it is too old before the tab leaves.
	for kept := 0; kept < 3; kept = value[int](ann, `Object.keys(sessionStorage).filter((key) => /^chatter\.(draft|outbox|own):/.test(key)).length`) {
		ann.openRoom(room)
		ann.say("mine")
		ben.hasShown("mine")
		proxy.refuse(true)
		proxy.cut()
		ann.say("never sent")
		ann.hasShown("never sent")
		ann.do("look at the field", focusOn("#message"))
		ann.put("half a sentence")
		ann.do("leave", chromedp.Navigate("about:blank")) // or the page would connect again
		proxy.refuse(false)
		ann.open("/robots.txt")
	}
	ben.say("later than all of it")
	ben.hasShown("later than all of it")
	ben.until("it has gone", nothingLeft)
	ann.open(roomPath(room))
	if !value[bool](ann, nothingLeft) {
		t.Errorf("the tab has %s", value[string](ann, "JSON.stringify(sessionStorage) + document.querySelector('#column').innerText"))
	}
	ann.awaitLive()
	ben.say("the newest")
	ann.hasShown("the newest")
	ben.hasNeverShown("never sent")
}
