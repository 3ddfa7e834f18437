package browser_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

func (b *tab) stateSays(want string) {
	b.Helper()
	b.until("it says so", "new RegExp("+js(want)+").test(document.querySelector('#state').innerText)")
}

func TestState_OfflineWhatIsSaidWaits(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Offline"
	ann := newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	ann.allow(`ERR_INTERNET_DISCONNECTED`)
	proxy := ann.through(t)
	ann.openRoom(room)
	// Browsers keep a socket open that has lost its network.
	proxy.refuse(true)
	proxy.cut()
	ann.offline(true)
	ann.awaitState("offline")
	ann.stateSays("^Offline. What you say waits here.$")
	ann.say("for later")
	ann.say("better not")
	ann.say("with a tpyo")
	ann.until("all wait in sight", "document.querySelectorAll('#outbox li').length === 3 && document.querySelector('#outbox').innerText.includes('Waiting to be sent')")
	ann.look("room offline")

	// A message that was never sent can be taken back.
	ann.click("#outbox li:nth-child(3) [data-do=edit]")
	ann.until("it is in the field again", field+".value === 'with a tpyo' && document.activeElement === "+field)
	ann.do("take all of it", chromedp.Evaluate[chromedp.Void]("void "+field+".select()"))
	ann.put("without a typo")
	ann.enter()
	ann.until("it waits too", "document.querySelectorAll('#outbox li').length === 3 && document.querySelector('#outbox').innerText.includes('without a typo')")
	ann.click("#outbox li:nth-child(2) [data-do=drop]")
	ann.until("two are left", "document.querySelectorAll('#outbox li').length === 2")

	proxy.refuse(false)
	ann.offline(false)
	ann.awaitLive()
	if seen := texts(ann.awaitLog(2)); !slices.Equal(seen, []string{"for later", "without a typo"}) {
		t.Errorf("said %q", seen)
	}
}

// noteState notes everything that the state says on this page.
const noteState = `window.said = [];
new MutationObserver(() => window.said.push(document.querySelector('#state').innerText))
	.observe(document.querySelector('#state'), {childList: true, subtree: true, characterData: true}) ?? true`

// blip gives a page with a held clock another network for half a second, at least.
const blip = "window.dispatchEvent(new Event('online')) && window.pageClock.pass(500)"

func TestState_ABlipIsNotShownARestartIs(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	ann := newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	ann.ownClock()
	ann.begin(noteFrames)
	ann.openRoom("Blip")
	value[bool](ann, noteState)
	ann.holdClock() // However long it takes, for the page it is a blip.
	// The network is another one: a new socket, at once.
	const live = `window.received.filter((frame) => frame.includes('"event":"live"')).length`
	for range 3 {
		before := value[int](ann, live)
		value[bool](ann, blip)
		ann.until("another socket is live", fmt.Sprintf("%s > %d", live, before))
	}
	ann.say("over the new one")
	ann.awaitLog(1)
	for _, said := range value[[]string](ann, "window.said") {
		if said != "Live" {
			t.Errorf("a blip: %q", said)
		}
	}

	value[bool](ann, "(window.said = [], true)")
	ann.ctl("stop", "wsd:*")
	ann.passUntil(50*time.Millisecond, "it says that the server restarts", "window.said.includes('Restarting. Back in a moment.')")
	ann.releaseClock()
	ann.look("room restart")
	ann.until("it says when it tries again", "window.said.some((text) => /Reconnecting in \\d+ seconds\\s+Try now$/.test(text))")
	ann.until("the seconds go by", "new Set(window.said.filter((text) => /in \\d+ seconds/.test(text))).size > 1")
	ann.until("the seconds are not read out", "document.querySelector('#state .unseen')?.textContent === 'Reconnecting…'")
	ann.ctl("start", "wsd:*")
	value[bool](ann, "window.dispatchEvent(new Event('online'))") // or it would take its time
	ann.awaitLive()
}

func TestState_AServerThatDoesNotAnswerYet(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	ann := newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	ann.ctl("signal", "STOP", "wsd:*")
	t.Cleanup(func() { w.Ctl(context.Background(), "signal", "CONT", "wsd:*") })
	ann.begin(pageClock + "window.pageClock.hold();") // The page does not give the attempt up.
	ann.open(roomPath("Hanging"))
	ann.pass(2 * time.Second)
	ann.awaitState("connecting")
	ann.stateSays("^Connecting…$")
	ann.say("early")
	ann.until("it waits in sight", "document.querySelector('#outbox').innerText.includes('Waiting to be sent')")
	ann.releaseClock()
	ann.look("room connecting")
	ann.ctl("signal", "CONT", "wsd:*")
	ann.awaitLive()
	if seen := texts(ann.awaitLog(1)); !slices.Equal(seen, []string{"early"}) {
		t.Errorf("said %q", seen)
	}
}

func TestState_SignedOutElsewhere(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Out"
	ann := newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	ann.openRoom(room)
	ann.say("before")
	ann.awaitLog(1)
	other, index := ann.another(t), ann.another(t)
	index.open("/index/")
	other.openRoom(room)
	other.signOut()
	other.until("she is out there", "location.pathname === '/'")
	ann.awaitState("signedout")
	index.until("the index leads to the door", "document.querySelector('main#signin')")
	ann.stateSays(`^You are signed out.\s+Sign in again$`)
	ann.say("not lost")
	ann.until("it waits", "document.querySelector('#outbox').innerText.includes('not lost')")
	ann.look("room signed out")
	ann.click("#state a")
	ann.signIn()
	ann.awaitLive()
	if seen := texts(ann.awaitLog(2)); !slices.Equal(seen, []string{"before", "not lost"}) {
		t.Errorf("said %q", seen)
	}
}

func TestState_AGapStandsWhereItIs(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	const room = "Gap"
	ann := newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	ann.openRoom(room)
	others := newCrowd(t, w, room)
	others.say("before")
	ann.awaitLog(1)
	// While the page has no socket, more is said than a room's log holds.
	ann.ctl("stop", "wsd:*")
	ann.awaitState("reconnecting")
	meanwhile := make([]line, 1199)
	for i := range meanwhile {
		meanwhile[i].text = fmt.Sprintf("meanwhile %d", i)
	}
	seed(t, w, room, meanwhile)
	others.say("meanwhile 1199") // and with it what the log does not hold goes
	ann.ctl("start", "wsd:*")
	ann.awaitLive()
	ann.until("the newest are there", "document.querySelectorAll('.log > li.message').length >= 50")
	around := value[[]string](ann, `((rows) => rows.filter((row) => row.matches('.gap')).map((gap) => [rows[rows.indexOf(gap) - 1]?.querySelector('p').innerText ?? '', gap.innerText.trim()].join('|')))([...document.querySelectorAll('.log > li')])`)
	if len(around) != 1 || !regexp.MustCompile(`^(before)?\|Messages may be missing here\.$`).MatchString(around[0]) {
		t.Errorf("gaps: %q", around)
	}
	// Behind the line stand the newest, and what of the history the page has asked for since.
	behind := value[[]string](ann, `((rows) => rows.slice(rows.findIndex((row) => row.matches('.gap')) + 1).map((row) => row.querySelector('p').textContent))([...document.querySelectorAll('.log > li')])`)
	for i, text := range behind {
		if want := fmt.Sprintf("meanwhile %d", 1200-len(behind)+i); text != want {
			t.Errorf("message %d of %d behind the gap is %q, want %q", i, len(behind), text, want)
		}
	}
}

// Nothing tells the page that its network has gone: no event, and nobody says anything.
func TestState_ANetworkThatIsGoneWithoutAWord(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Without a word"
	ann := newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	proxy := ann.through(t)
	ann.ownClock()
	ann.begin(noteFrames)
	ann.openRoom(room)
	ben := newSocketGuest(t, w, "Ben", room)
	value[bool](ann, noteState)
	sockets := ann.opened()

	// As long as the network is there, the server answers in time, and the guest sees nothing
	// of it.
	ann.holdClock()
	asked := func() {
		t.Helper()
		n := value[int](ann, "window.sent.length")
		ann.passUntil(5*time.Second, "the server is asked", fmt.Sprintf("window.sent.length > %d", n))
	}
	asked()
	ann.until("the server has answered", `window.received.some((frame) => frame.includes('"code":"empty"'))`)
	const answer = 11 * time.Second // longer than the page waits for an answer
	ann.pass(answer)
	proxy.silence()
	ben.say("unheard")
	asked()
	ann.await("the question is under way", func(context.Context) (bool, error) { return proxy.holdsWords(), nil })
	proxy.refuse(true)
	if said := value[[]string](ann, "window.said"); len(said) > 0 || ann.opened() != sockets {
		t.Errorf("before the network was gone: %q, %d sockets", said, ann.opened()-sockets)
	}
	ann.pass(answer)
	ann.passUntil(100*time.Millisecond, "it says so", "document.getElementById('state').dataset.state === 'reconnecting'")
	proxy.refuse(false)
	ann.releaseClock()
	ann.sees("unheard")
	ann.awaitLive()
}

// Signed out where no script runs, or by the cookie's age, the next socket tells.
func TestState_ASessionThatIsOver(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	proxy := ann.through(t)
	ann.openRoom("Over")
	ann.do("lose the cookie", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, network.ClearBrowserCookies, cdp.Empty{})
		return err
	}))
	proxy.cut()
	ann.awaitState("signedout")
}
