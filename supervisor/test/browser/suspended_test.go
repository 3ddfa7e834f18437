package browser_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"chatter/shared/wire"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// suspend stops the page: no script of it runs, no timer and no socket's event. When it
// goes on, the clock has gone on by away.
func (b *tab) suspend(away time.Duration) {
	b.Helper()
	value[bool](b, fmt.Sprintf(`(() => {
		window.suspended = false;
		document.addEventListener('freeze', () => {
			window.suspended = true;
			(%s)(%d);
		}, {once: true});
		return true;
	})()`, putForward, away.Milliseconds()))
	// A page that is looked at is never frozen.
	b.do("look away", lookedAt(false))
	b.lifecycle(page.SetWebLifecycleStateStateFrozen)
	b.until("the page stands still", "window.suspended")
}

func (b *tab) resume() {
	b.Helper()
	b.lifecycle(page.SetWebLifecycleStateStateActive)
	b.show()
}

func (b *tab) lifecycle(state page.SetWebLifecycleStateState) {
	b.Helper()
	b.do("make the page "+string(state), chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: state})
		return err
	}))
}

// hide puts the window out of sight, where its scripts go on.
func (b *tab) hide() {
	b.Helper()
	b.do("look away", lookedAt(false), chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		window, err := chromedp.Call(ctx, browser.GetWindowForTarget, browser.GetWindowForTargetParams{})
		if err == nil {
			_, err = chromedp.Call(ctx, browser.SetWindowBounds, browser.SetWindowBoundsParams{
				WindowID: window.WindowID, Bounds: &browser.Bounds{WindowState: browser.WindowStateMinimized},
			})
		}
		return err
	}))
	b.until("the page is out of sight", "document.visibilityState === 'hidden'")
}

func (b *tab) show() {
	b.Helper()
	b.do("look at the page", lookedAt(true))
	b.until("the page is in sight", "document.visibilityState === 'visible'")
}

// numbered is so many messages.
func numbered(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s %d", prefix, i+1)
	}
	return list
}

func TestSuspended_PageFrozen_AllThatWasSaidIsThere(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Frozen"
	ann := newGuest(t, w, "Ann")
	ann.allow(`WebSocket connection to .* failed`) // Chromium ends the sockets of a frozen page.
	ann.openRoom(room)
	ann.say("see you later")
	ann.awaitLog(1)
	ben := newSocketGuest(t, w, "Ben", room)

	ann.suspend(time.Minute)
	meanwhile := numbered("meanwhile", 15)
	ben.say(meanwhile...)
	if seen := texts(ann.log()); !slices.Equal(seen, []string{"see you later"}) {
		t.Errorf("suspended, the page shows %q", seen)
	}
	ann.resume()
	ann.awaitLog(16)
	ann.say("back again")
	ann.awaitLog(17)
	ben.say("welcome")
	want := slices.Concat([]string{"see you later"}, meanwhile, []string{"back again", "welcome"})
	if seen := texts(ann.awaitLog(len(want))); !slices.Equal(seen, want) {
		t.Errorf("Ann sees %q", seen)
	}
	ann.awaitLive()
}

// Nothing tells the page that its socket is dead.
func TestSuspended_SocketSilent_TheNextOneGoesOn(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Silent"
	ann := newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	proxy := ann.through(t)
	ann.openRoom(room)
	ann.say("see you later")
	ann.awaitLog(1)
	ben := newSocketGuest(t, w, "Ben", room)

	proxy.silence()
	ann.say("as the machine was suspended")
	ann.await("the words are on their way", func(context.Context) (bool, error) { return proxy.holdsWords(), nil })
	ann.hide()
	meanwhile := numbered("meanwhile", 15)
	ben.say(meanwhile...)

	proxy.refuse(true)
	ann.passes(time.Hour)
	ann.show()
	ann.awaitState("reconnecting")
	if seen := texts(ann.log()); !slices.Equal(seen, []string{"see you later"}) {
		t.Errorf("without a network the page shows %q", seen)
	}
	// The service may not know any more what it has stored an hour ago.
	ann.until("she is asked", "document.querySelector('#outbox li[data-state=ask]')?.innerText.includes('as the machine was suspended')")
	ann.look("room asked")
	proxy.refuse(false)
	ann.awaitLive()
	want := append([]string{"see you later"}, meanwhile...)
	ann.until("all is there", fmt.Sprintf("document.querySelectorAll('.log > li').length >= %d", len(want)))
	if seen := texts(ann.log()); !slices.Equal(seen, want) {
		t.Errorf("Ann sees %q", seen)
	}
	ann.click("#outbox li[data-state=ask] [data-do=send]")
	ann.awaitLog(len(want) + 1)
	// The messages that she said into the dead socket arrive.
	proxy.speak()
	ann.await("the words are through", func(context.Context) (bool, error) { return !proxy.holdsWords(), nil })
	ben.say("welcome")
	want = append(want, "as the machine was suspended", "welcome")
	if seen := texts(ann.awaitLog(len(want))); !slices.Equal(seen, want) {
		t.Errorf("Ann sees %q", seen)
	}
}

func TestSuspended_MoreSaidThanIsKept_ThePageSaysSo(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Crowd"
	ann := newGuest(t, w, "Ann")
	proxy := ann.through(t)
	ann.openRoom(room)
	before := numbered("before", 3)
	for _, text := range before {
		ann.say(text)
	}
	ann.awaitLog(len(before))

	proxy.silence()
	ann.hide()
	// A log keeps about a thousand messages, wsd a mebibyte of them besides.
	others := newCrowd(t, w, room)
	for _, text := range numbered(strings.Repeat("and so on ", 100), 1160) {
		others.say(text)
	}
	ann.passes(time.Hour)
	ann.show()
	ann.until("a gap is told of", "document.querySelector('.log > .gap')")
	others.say("after")
	ann.until("the page goes on", "document.querySelector('#log').innerText.includes('after')")
	ann.awaitLive()
	ann.gapAfter(len(before), wire.HistoryPage+1)
	seen := texts(ann.log())
	if !slices.Equal(seen[:len(before)], before) || seen[len(seen)-1] != "after" {
		t.Errorf("Ann sees %q", seen)
	}
	// Messages in the gap that are still kept can be loaded.
	ann.click("#older")
	ann.until("more is there", fmt.Sprintf("document.querySelectorAll('.log > li.message').length > %d", len(seen)))
	ann.gapAfter(len(before), 2*wire.HistoryPage+1)
}

// gapAfter fails unless the page shows one gap, n messages before it and more behind it,
// each once and in order.
func (b *tab) gapAfter(n, more int) {
	b.Helper()
	kinds := value[[]string](b, "Array.from(document.querySelectorAll('.log > li'), (row) => row.className.split(' ')[0])")
	// The page may have begun to fill the gap from the history.
	more = max(more, len(kinds)-n-1)
	want := slices.Concat(slices.Repeat([]string{"message"}, n), []string{"gap"}, slices.Repeat([]string{"message"}, more))
	if diff := cmp.Diff(want, kinds); diff != "" {
		b.Errorf("%s sees:\n%s", b.who, diff)
	}
	b.inOrder(b.log())
}
