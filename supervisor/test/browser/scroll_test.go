package browser_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/chromedp/chromedp"
)

// firstInSight is the text of the first row whose top is in sight, and how far that is
// below the scroller's.
const firstInSight = `(() => {
	const top = document.querySelector('#scroller').getBoundingClientRect().top;
	for (const row of document.querySelectorAll('.log > li.message')) {
		const p = row.querySelector('p'), y = p.getBoundingClientRect().top - top;
		if (y >= 0) return [p.textContent, String(y)];
	}
})()`

// stays fails if what the reader looks at is not where it was.
func (b *tab) stays(what string, before []string) {
	b.Helper()
	// The page puts the reader's place right within a frame or two of what moved it.
	var was float64
	fmt.Sscan(before[1], &was)
	b.await(fmt.Sprintf("%s: %.20q is at %s", what, before[0], before[1]), func(context.Context) (bool, error) {
		after := value[[]string](b, firstInSight)
		var is float64
		fmt.Sscan(after[1], &is)
		if before[0] != after[0] || math.Abs(was-is) > 1 {
			return false, fmt.Errorf("at the top is %.20q at %s", after[0], after[1])
		}
		return true, nil
	})
}

const atBottom = "Math.abs(document.querySelector('#scroller').scrollTop) < 1"

func TestScroll_NothingMovesForAReader(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Reading"
	seed(t, w, room, prose(40))
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	others := newCrowd(t, w, room)
	others.say("seen as it comes")
	ann.until("it is there, in sight", "document.querySelector('#log').lastElementChild.innerText.includes('seen as it comes') && "+atBottom)
	if marks := value[int](ann, "document.querySelectorAll('.unread').length"); marks != 0 || !value[bool](ann, "document.querySelector('#jump').hidden") {
		t.Errorf("%d lines for what was seen", marks)
	}

	ann.do("scroll up", chromedp.Evaluate[chromedp.Void]("void document.querySelector('#scroller').scrollBy(0, -700)"))
	ann.until("a way down is offered", "!document.querySelector('#jump').hidden")
	before := value[[]string](ann, firstInSight)
	title := value[string](ann, "document.title")
	for i := range 5 {
		others.say(fmt.Sprintf("new %d\n%s", i, "with another line"))
		ann.stays("while others talk", before)
	}
	ann.until("they are counted", "document.querySelector('#jump').innerText.includes('5 new') && document.querySelectorAll('.log > li').length === 46")
	ann.stays("after others have talked", before)
	if got := value[string](ann, "document.title"); got != "(5) "+title {
		t.Errorf("title %q", got)
	}
	ann.do("look at the field", focusOn("#message"))
	for _, text := range []string{"a", "\n", "b", "\n", "c"} {
		ann.put(text)
	}
	ann.stays("while a field grows", before)
	for _, width := range []int64{320, 1000} {
		ann.do("resize", chromedp.EmulateViewport(width, 600))
		ann.until("the window has changed", fmt.Sprintf("innerWidth === %d", width))
		ann.stays("in another window", before)
	}
	ann.do("resize", chromedp.ResetViewport())
	ann.look("room reading above")

	ann.click("#jump")
	ann.until("the newest is in sight", atBottom+" && document.querySelector('#jump').hidden")
	ann.until("all is read", "document.title === "+js(title))
	if first := value[string](ann, "document.querySelector('.unread').closest('li').querySelector('p').innerText"); first != "new 0\nwith another line" {
		t.Errorf("the line stands before %q", first)
	}
	ann.say("my turn")
	ann.until("what was unread is old now", "!document.querySelector('.unread')")
}

// goBack scrolls up as a reader would, some steps towards the beginning of the log. It
// returns 1 at the beginning, then by how many pixels a row in sight has moved at most
// since the first call, how often older rows came, and how many rows there are.
const goBack = `(async () => {
	const scroller = document.querySelector('#scroller');
	const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
	const rows = () => document.querySelectorAll('.log > li.message');
	let [moved, loads, shown] = window.soFar ?? [0, 0, rows().length];
	const more = () => document.querySelector('#start').hidden || scroller.scrollTop > scroller.clientHeight - scroller.scrollHeight + 1;
	for (let i = 0; i < 20 && more(); i++) {
		scroller.scrollBy(0, -400);
		await frame();
		const top = scroller.getBoundingClientRect().top;
		const row = Array.from(rows()).find((row) => row.getBoundingClientRect().bottom > top + 5).querySelector('p');
		const y = row.getBoundingClientRect().top;
		for (let k = 0; k < 3; k++) await frame();
		if (rows().length > shown) loads++;
		shown = rows().length;
		moved = Math.max(moved, Math.abs(row.getBoundingClientRect().top - y));
	}
	window.soFar = [moved, loads, shown];
	return [more() ? 0 : 1, ...window.soFar];
})()`

func TestScroll_ThePastComesWithoutAJump(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Past"
	lines := prose(330)
	seed(t, w, room, lines)
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	var back []float64
	ann.await("the beginning is there", func(context.Context) (bool, error) {
		back = await[[]float64](ann, goBack)
		return back[0] == 1, nil
	})
	if moved, loads, rows := back[1], back[2], back[3]; moved > 1 || loads < 3 || int(rows) != len(lines) {
		t.Errorf("moved by %v while %v parts came, %v rows", moved, loads, rows)
	}
	if text := value[string](ann, "document.querySelector('#start').innerText"); text != "The log begins here. A room keeps about its newest 1,000 messages, none for longer than 24 hours." {
		t.Errorf("at the beginning: %q", text)
	}
	for i, m := range ann.awaitLog(len(lines)) {
		if want := fmt.Sprintf("line %d ", i); len(m.Text) < len(want)-1 || m.Text[:len(want)-1] != want[:len(want)-1] {
			t.Fatalf("row %d is %.20q", i, m.Text)
		}
	}
	phone := sizes[0]
	ann.do("be a phone", chromedp.EmulateViewport(phone.width, phone.height, phone.more...))
	ann.do("go to the beginning", chromedp.Evaluate[chromedp.Void]("void document.querySelector('#scroller').scrollTo(0, -1e7)"))
	ann.until("it is in sight", "document.querySelector('#start').getBoundingClientRect().top > 0")
	ann.look("room beginning")
	ann.do("be a phone", chromedp.EmulateViewport(phone.width, phone.height, phone.more...))
	for _, way := range []string{"scrollTo(0, -1e7)", "scrollBy(0, 2000)"} {
		value[bool](ann, "(document.querySelector('#scroller')."+way+", true)")
		await[bool](ann, fewFrames)
	}
	// In a wider window the log is shorter, and the browser moves what does not fit any more.
	first := func() (n int) {
		fmt.Sscanf(value[[]string](ann, firstInSight)[0], "line %d", &n)
		return n
	}
	before := first()
	for _, width := range []int64{1280, 320} {
		ann.do("resize", chromedp.EmulateViewport(width, 800))
		await[bool](ann, fewFrames)
		if now := first(); before == 0 || now < before-2 || now > before+2 {
			t.Errorf("line %d was the first in sight; in a window of %d pixels it is line %d", before, width, now)
		}
	}
}

const fewFrames = `(async () => {
	for (let k = 0; k < 5; k++) await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
	return true;
})()`

func TestScroll_APastThatCannotBeLoadedCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	const room = "Past away"
	seed(t, w, room, prose(120))
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	ann.allow(awayNotes...)
	ann.ctl("stop", "httpd:*")
	phone := sizes[0]
	ann.do("be a phone", chromedp.EmulateViewport(phone.width, phone.height, phone.more...))
	ann.do("scroll up", chromedp.Evaluate[chromedp.Void]("void document.querySelector('#scroller').scrollTo(0, -1e6)"))
	ann.until("it is said", "document.querySelector('#older').innerText === 'Older messages could not be loaded. Try again'")
	ann.look("room past failed")
	ann.ctl("start", "httpd:*")
	ann.until("they are there", `((older) => {
		if (older.ariaBusy !== 'true' && !older.hidden) older.click();
		return document.querySelectorAll('#past > li').length >= 50;
	})(document.querySelector('#older'))`)
}

// Asked over a network that is gone, nothing is heard of it any more.
func TestScroll_APastThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Past hangs"
	seed(t, w, room, prose(120))
	ann := newGuest(t, w, "Ann")
	proxy := ann.through(t)
	// The timer that gives the request up is the one that is set when it is sent.
	ann.begin(`{
		const [fetch, setTimeout] = [window.fetch, window.setTimeout];
		let last;
		window.setTimeout = (call, ms, ...args) => setTimeout((last = { call, ms }).call, ms, ...args);
		window.fetch = (address, ...args) => {
			if (String(address).includes('/messages/')) [window.patience, window.giveUp] = [last.ms, ((call) => () => (call(), true))(last.call)];
			return fetch(address, ...args);
		};
	}`)
	ann.openRoom(room)
	proxy.silencePages()
	ann.do("scroll up", chromedp.Evaluate[chromedp.Void]("void document.querySelector('#scroller').scrollTo(0, -1e6)"))
	ann.until("it is being loaded", "document.querySelector('#older').innerText === 'Loading older messages…'")
	if ms := value[int](ann, "window.patience"); ms <= 0 || ms > 60_000 {
		t.Errorf("it is given up after %d ms", ms)
	}
	value[bool](ann, "window.giveUp()")
	ann.until("it has failed", "document.querySelector('#older').innerText === 'Older messages could not be loaded. Try again'")
	proxy.speak()
	ann.click("#older")
	ann.until("they are there", "document.querySelectorAll('#past > li').length >= 50")
}
