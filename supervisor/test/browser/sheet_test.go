package browser_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

// awaitListed waits until the intervals have ended in which guests with these names were here.
func (b *tab) awaitListed(names ...string) {
	b.Helper()
	b.await(fmt.Sprintf("%q are listed", names), func(context.Context) (bool, error) {
		listed := await[[]string](b, "fetch('/index/', {headers: {accept: 'application/json'}}).then((answer) => answer.json()).then(({users}) => users)")
		for _, name := range names {
			if !slices.Contains(listed, name) {
				return false, nil
			}
		}
		return true, nil
	})
}

const namesAround = "Array.from(document.querySelectorAll('.around-names bdi'), (e) => e.textContent)"

func TestSheet_WhoIsAround(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	ann, ben := newGuest(t, w, "Ann"), newGuest(t, w, "Ben & Co")
	ben.openRoom("Elsewhere")
	ann.do("have no margin", chromedp.EmulateViewport(800, 600))
	ann.openRoom("First")
	ann.awaitListed("Ann", "Ben & Co")
	ann.openRoom("Around")
	asked := "performance.getEntriesByType('resource').filter(({name}) => name.endsWith('/index/')).length"
	before := value[int](ann, asked)
	sockets := "performance.getEntriesByType('resource').filter(({name}) => name.includes('/ws/')).length"
	open := value[int](ann, sockets)
	ann.click(".dots")
	// Each process of httpd has lists of its own, which may be a second old.
	ann.until("the names are there", "document.querySelector('#about').dispatchEvent(new Event('open')) && "+namesAround+".includes('Ben & Co')")
	rooms := value[[]string](ann, "Array.from(document.querySelectorAll('.around-rooms a'), (e) => e.textContent + ' ' + e.getAttribute('href'))")
	if want := []string{"First /chat/First/"}; !slices.Equal(rooms, want) {
		t.Errorf("rooms of the tab: %q, want %q", rooms, want)
	}
	ann.until("all of the sheet is there", "document.querySelector('.search') && document.querySelector('.guesses')")
	ann.look("room sheet")
	ann.do("have no margin", chromedp.EmulateViewport(800, 600))
	ann.do("press Escape", chromedp.KeyEvent(kb.Escape))
	ann.click(".dots")
	ann.until("the names are there", namesAround+".includes('Ben & Co')")
	passed := int(value[float64](ann, "performance.now()") / 2000)
	if got := value[int](ann, asked) - before; got < 1 || got > passed+1 {
		t.Errorf("the list was asked for %d times in %d intervals", got, passed)
	}
	if got := value[int](ann, sockets) - open; got != 0 {
		t.Errorf("%d more sockets", got)
	}
	ann.click(".around-rooms a")
	ann.until("the room is there", "document.querySelector('#room')?.dataset.room === 'First'")
}

func TestSheet_TheMarginOfAWideScreen(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	talked(t, w, "Wide")
	ann := newGuest(t, w, "Ann")
	ann.begin(shifts)
	ann.do("be wide", chromedp.EmulateViewport(1280, 800))
	ann.awaitListed("Ann")
	ann.openRoom("Wide")
	ann.until("the names are in the margin", "document.querySelector('#margin .around-names bdi')?.textContent === 'Ann'")
	aside := value[bool](ann, `(() => {
		const [margin, log] = ['#margin', '#column'].map((css) => document.querySelector(css).getBoundingClientRect());
		return margin.right <= log.left + 1 && margin.left >= 0 && margin.bottom <= innerHeight;
	})()`)
	if !aside {
		t.Error("the margin is not beside the log")
	}
	if moved := value[[]string](ann, "window.shifted"); len(moved) > 0 {
		t.Errorf("moved: %s", strings.Join(moved, "\n"))
	}
	ann.look("room margin")
	ann.do("be narrow", chromedp.EmulateViewport(800, 600))
	ann.until("the names are in the sheet", "document.querySelector('#about .around-names') && document.querySelector('#margin').hidden")
}

// hold presses an element with a finger until the condition is true.
func (b *tab) hold(css, what, until string) {
	b.Helper()
	at := value[[]float64](b, `((e) => { const r = e.getBoundingClientRect(); return [r.left + 20, r.top + r.height / 2]; })(document.querySelector(`+js(css)+`))`)
	touch := func(kind input.DispatchTouchEventType, points []*input.TouchPoint) {
		b.Helper()
		b.do("touch", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points})
			return err
		}))
	}
	touch(input.DispatchTouchEventTypeTouchStart, []*input.TouchPoint{{X: at[0], Y: at[1]}})
	b.until(what, until)
	touch(input.DispatchTouchEventTypeTouchEnd, []*input.TouchPoint{})
}

const penciled = `Array.from(document.querySelectorAll('.message'), (row) => row.querySelector('.penciled bdi')?.textContent ?? '')`

func TestPencil_AGuessStaysInTheTab(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	const room = "Pencil"
	seed(t, w, room, []line{{3 * time.Minute, "one"}, {2 * time.Minute, "two"}, {time.Minute, "three"}})
	ann, ben := newGuest(t, w, "Ann"), newGuest(t, w, "Ben")
	carl := newGuest(t, w, "Carl <b>")
	ann.do("have a margin", chromedp.EmulateViewport(1280, 800))
	for _, b := range []*tab{ben, carl, ann} {
		b.openRoom(room)
	}
	ann.until("both are around", "["+namesAround+"].some((names) => names.includes('Ben') && names.includes('Carl <b>'))")
	value[bool](ann, `(() => {
		window.sent = [];
		const [send, get] = [WebSocket.prototype.send, window.fetch];
		WebSocket.prototype.send = function (frame) { window.sent.push(String(frame)); return send.call(this, frame); };
		window.fetch = (...what) => { window.sent.push(JSON.stringify(what)); return get(...what); };
		return true;
	})()`)
	shows := func(want ...string) {
		t.Helper()
		ann.until("the guesses stand beside the messages", `JSON.stringify(`+penciled+`) === JSON.stringify(`+js(want)+`)`)
	}

	// By keys alone.
	ann.do("go back from the field", focusOn("#message"))
	ann.do("press Shift and Tab", chromedp.KeyEvent("\t", chromedp.KeyModifiers(chromedp.ModifierShift)))
	ann.until("Tab comes to the newest message", "document.activeElement.matches('.message:last-child .cite')")
	ann.do("press Right", chromedp.KeyEvent(kb.ArrowRight))
	ann.do("press Right", chromedp.KeyEvent(kb.ArrowRight))
	ann.do("press Up", chromedp.KeyEvent(kb.ArrowUp))
	ann.until("the pencil of the second message has the focus", "document.activeElement.matches('.guess') && document.activeElement.closest('.message').querySelector('p').textContent === 'two'")
	ann.enter()
	ann.until("the names are offered", "document.querySelector('.guess-dialog[open] .guess-names button')")
	if names := value[[]string](ann, "Array.from(document.querySelectorAll('.guess-names button'), (e) => e.textContent)"); slices.Contains(names, "Ann") || len(names) != 2 {
		t.Errorf("offered: %q", names)
	}
	ann.look("room pencil")
	value[bool](ann, "document.querySelector('.guess-names button').focus() ?? true")
	ann.do("press Down", chromedp.KeyEvent(kb.ArrowDown))
	chosen := value[string](ann, "document.activeElement.textContent")
	ann.enter()
	shows("", chosen, "")
	ann.until("the focus is back", "document.activeElement.matches('.penciled')")
	ann.look("room penciled")

	// With a finger. A press that moves is no long press.
	ann.do("be a phone", chromedp.EmulateViewport(390, 844, sizes[0].more...))
	ann.hold(".message:last-child p", "the names are offered", "document.querySelector('.guess-dialog[open]')")
	if text := value[string](ann, "document.querySelector('.guess-text').textContent"); text != "three" {
		t.Errorf("asked about %q", text)
	}
	value[bool](ann, "Array.from(document.querySelectorAll('.guess-names button')).find((e) => e.textContent === 'Ben').click() ?? true")
	shows("", chosen, "Ben")
	ann.do("be a desktop", chromedp.ResetViewport())

	// Change, count, undo.
	ann.click(".message:last-child .penciled")
	ann.until("the choice is marked", "document.querySelector('.guess-names [aria-pressed=true]')?.textContent === 'Ben'")
	value[bool](ann, "Array.from(document.querySelectorAll('.guess-names button')).find((e) => e.textContent === 'Carl <b>').click() ?? true")
	shows("", chosen, "Carl <b>")
	if got := ann.copySelected(wholeLog)["text/plain"]; strings.Contains(got, "Carl") || !strings.Contains(got, "three") {
		t.Errorf("copied: %q", got)
	}

	// A reload keeps them, another tab does not have them.
	ann.say("mine")
	ann.awaitLog(4)
	if sent := value[[]string](ann, "window.sent"); slices.ContainsFunc(sent, func(s string) bool { return strings.Contains(s, "Carl") || strings.Contains(s, "guess") }) {
		t.Errorf("sent: %q", sent)
	}
	ann.reload()
	shows("", chosen, "Carl <b>", "")
	ann.awaitLive()
	other := ann.another(t)
	other.openRoom(room)
	if got := value[[]string](other, penciled); !slices.Equal(got, []string{"", "", "", ""}) {
		t.Errorf("another tab shows %q", got)
	}
	ann.click(".dots")
	ann.until("they are counted", "document.querySelector('.guess-counts')?.childElementCount > 0")
	counts := value[[]string](ann, "Array.from(document.querySelectorAll('.guess-counts li'), (e) => e.textContent)")
	want := []string{"Carl <b> × 2"}
	if chosen == "Ben" {
		want = []string{"Ben × 1", "Carl <b> × 1"}
	}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	ann.do("press Escape", chromedp.KeyEvent(kb.Escape))
	ann.click(".message:nth-child(2) .penciled")
	ann.click(".guess-dialog .about-buttons button")
	shows("", "", "Carl <b>", "")
	ann.signOut()
	ann.until("Ann has signed out", "document.querySelector('#user')")
	if left := value[[]string](ann, "Object.keys(sessionStorage)"); len(left) > 0 {
		t.Errorf("left in the tab: %q", left)
	}
}
