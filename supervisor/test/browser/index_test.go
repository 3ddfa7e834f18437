package browser_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// vanished notes the rooms that an index has shown and does not show any more.
const vanished = `window.vanished = [];
new MutationObserver((changes) => {
	for (const {removedNodes} of changes) for (const {dataset, isConnected} of removedNodes) {
		if (dataset?.name && !isConnected) window.vanished.push(dataset.name);
	}
}).observe(document, {subtree: true, childList: true});`

// noteFrames notes what a page sends and receives on its sockets. When it notes a frame
// that has come, the page's own handler is the next to run.
const noteFrames = `[window.sent, window.received] = [[], []];
window.WebSocket = class extends WebSocket {
	constructor(...options) {
		super(...options);
		this.addEventListener('message', ({data}) => window.received.push(data));
	}
	send(data) {
		window.sent.push(data);
		super.send(data);
	}
};`

// The first lists of a socket are as old as the last ones that a guest was sent. On a stack
// with other guests, newer ones would be sent for them.
func TestIndex_NeverGoesBackBehindItsPage(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	ann := newGuest(t, w, "Ann")
	ann.begin(vanished)
	ann.begin(noteFrames)
	ann.open("/index/")
	ann.until("a first list has come", "window.received.length > 0")
	// Each time it may be another process that has an old list.
	for i := range 5 {
		room := fmt.Sprintf("1 just used %d", i)
		ann.use(room)
		ann.open("/index/")
		row := "document.querySelector('#rooms li[data-name=" + js(room) + "]')"
		ann.until("her room is there", row)
		ann.reload()
		ann.until("her room is there, and a first list has come", row+" && window.received.length > 0")
		if gone := value[[]string](ann, "window.vanished"); len(gone) > 0 {
			t.Errorf("at visit %d the list has lost %q", i, gone)
		}
	}
	ben := newGuest(t, w, "Ben")
	ben.use("1 used by Ben")
	ann.until("the list is live", "document.querySelector('#rooms li[data-name=\"1 used by Ben\"]')")
	if gone := value[[]string](ann, "window.vanished"); len(gone) > 0 {
		t.Errorf("the list has lost %q", gone)
	}
}

// A room that is on top and is used again overtakes nobody, so no list tells of it.
func TestIndex_TheBusiestRoomDoesNotAge(t *testing.T) {
	t.Parallel()
	w := ownSite(t) // elsewhere the rooms of other guests push this one off the list
	const room = "1 busy all day"
	ann := newGuest(t, w, "Ann")
	ann.use(room)
	ann.open("/index/")
	row := "document.querySelector('#rooms li[data-name=" + js(room) + "]')"
	// Until then, the page of another process may be one from before she came.
	ann.until("her room is there, and on every page", row+" && performance.now() > 1500")
	value[bool](ann, fmt.Sprintf(`((row) => {
		const time = row.querySelector('time');
		[time.dateTime, time.textContent] = [new Date(Date.now() - 3600 * 1000).toISOString(), '1 hour ago'];
		row.querySelector('a').focus();
		return true;
	})(%s)`, row))
	asked := "performance.getEntriesByType('resource').filter((e) => e.initiatorType === 'fetch' && !e.name.endsWith('/ws')).length"
	look := "(document.dispatchEvent(new Event('visibilitychange')), true)"
	value[bool](ann, look)
	if n := value[int](ann, asked); n != 0 {
		t.Errorf("the page is asked for again at once, %d times", n)
	}
	ann.passes(6 * time.Minute)
	value[bool](ann, look)
	ann.until("the time is that of the page", row+".querySelector('time').innerText.match(/^(just now|\\d+ minutes ago)$/) && document.activeElement.closest('li') === "+row)
	value[bool](ann, look)
	if n := value[int](ann, asked); n != 1 {
		t.Errorf("the page was asked for %d times in one go", n)
	}
}

func TestIndex_SaysWhenItsListsStandStill(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newProfile(t, w, "Ann")
	ann.allow(awayNotes...)
	ann.ownClock()
	proxy := ann.through(t)
	ann.open("/")
	ann.signIn()
	ann.awaitState("live")
	ann.until("a live list says nothing", "getComputedStyle(document.querySelector('#state')).visibility === 'hidden'")
	value[bool](ann, noteState)
	ann.holdClock() // However long it takes, for the page it is a blip.
	before := ann.opened()
	value[bool](ann, blip) // another network: another socket
	ann.await("the page has got another socket", func(context.Context) (bool, error) { return ann.opened() > before, nil })
	if said := value[[]string](ann, "window.said.filter((text) => text && text !== 'Live')"); len(said) > 0 {
		t.Errorf("a blip: %q", said)
	}
	ann.releaseClock()
	proxy.refuse(true)
	proxy.cut()
	ann.stateSays(`^Reconnecting`)
	ann.look("index reconnecting")
	proxy.refuse(false)
	value[bool](ann, "window.dispatchEvent(new Event('online'))")
	ann.awaitState("live")

	ann.do("lose the cookie", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, network.ClearBrowserCookies, cdp.Empty{})
		return err
	}))
	proxy.cut()
	ann.awaitState("signedout")
	ann.stateSays(`^You are signed out.\s+Sign in again$`)
	ann.look("index signed out")
	ann.click("#state a")
	ann.until("the door", "document.querySelector('main#signin')")
}

func TestIndex_FromAnEmptyDayOn(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	ann := newGuest(t, w, "Annika")
	for what, css := range map[string]string{"rooms to begin with": ".ideas a", "that nobody else is here": ".alone"} {
		if shown := value[bool](ann, "document.querySelector("+js(css)+").checkVisibility()"); !shown {
			t.Errorf("an empty index does not offer %s", what)
		}
	}
	ann.look("index empty")

	for i, room := range []string{"Garden 🌱", "Go Fans", "Café Zoë", "سلام", "茶室", strings.Repeat("W", 25)} {
		b := newGuest(t, w, []string{"Ben", "Zoë", "سارة", "明", strings.Repeat("M", 25), "R2"}[i])
		b.use(room)
	}
	ann.until("all have come", "document.querySelectorAll('#rooms li').length === 6 && document.querySelectorAll('#users li').length === 7")
	if shown := value[bool](ann, "document.querySelector('.empty').checkVisibility() || document.querySelector('.alone').checkVisibility()"); shown {
		t.Error("the index says that nobody is here")
	}
	ann.look("index")

	const inSight = "Array.from(document.querySelectorAll('#rooms li'), (row) => row.checkVisibility() ? row.dataset.name : '').filter(Boolean)"
	ann.do("look at the room field", focusOn("#room"))
	ann.put("ZOE")
	if rooms := value[[]string](ann, inSight); !slices.Equal(rooms, []string{"Café Zoë"}) {
		t.Errorf("typed ZOE, and sees %q", rooms)
	}
	ann.look("index filtered")
	ann.put(" tomorrow")
	if rooms := value[[]string](ann, inSight); len(rooms) > 0 {
		t.Errorf("typed a new name, and sees %q", rooms)
	}
	if words := value[string](ann, "document.querySelector('#no-match').innerText"); words == "" {
		t.Error("nothing is said of no room being left")
	}
	// The lists change; what is out of sight stays so.
	dan := newGuest(t, w, "Dan")
	dan.use("Another one")
	ann.until("Dan's room is there", "document.querySelector('#rooms li[data-name=\"Another one\"]')")
	if rooms := value[[]string](ann, inSight); len(rooms) > 0 {
		t.Errorf("the list has changed, and Ann sees %q", rooms)
	}
	ann.look("index without a match")
	ann.enter()
	ann.until("the room is open", "document.querySelector('#room')?.dataset.room === 'ZOE tomorrow'")

	ann.open("/index/")
	ann.allow(`status of 422 `)
	ann.do("look at the room field", focusOn("#room"))
	ann.put("a/b")
	ann.enter()
	ann.until("the name is refused", "document.querySelector('#room-problem')?.innerText")
	if typed := value[string](ann, "document.querySelector('#room').value"); typed != "a/b" {
		t.Errorf("typed a/b, and the field has %q", typed)
	}
	if rooms := value[[]string](ann, inSight); len(rooms) < 7 {
		t.Errorf("a refused name leaves %q in sight", rooms)
	}
	ann.look("index refused")
	ann.put("c")
	if typed := value[string](ann, "document.querySelector('#room').value"); typed != "a/bc" {
		t.Errorf("typed on, and the field has %q", typed)
	}
}

// use says something in a room, so that the index lists it.
func (b *tab) use(room string) {
	b.Helper()
	b.openRoom(room)
	n := len(b.log())
	b.say("hello")
	b.awaitLog(n + 1)
}
