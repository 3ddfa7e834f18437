package browser_test

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// asks is whether the page would ask before it is closed.
const asks = "!window.dispatchEvent(new Event('beforeunload', {cancelable: true}))"

func (b *tab) askedTimes() int {
	b.watch.mu.Lock()
	defer b.watch.mu.Unlock()
	return b.asked
}

func TestLeaving_ClosingATabAsksWhileSomethingWouldBeLost(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	proxy := ann.through(t)
	ann.openRoom("Leaving")
	if value[bool](ann, asks) {
		t.Error("an untouched page asks")
	}
	ann.press("half a sen")
	ann.watch.stays = true
	ann.do("close the tab", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.Close, cdp.Empty{})
		return err
	}))
	ann.await("it asks", func(context.Context) (bool, error) { return ann.askedTimes() == 1, nil })
	if typed := value[string](ann, field+".value"); typed != "half a sen" {
		t.Errorf("the guest stays, and the field has %q", typed)
	}
	ann.enter()
	ann.awaitLog(1)
	ann.until("everything is stored, and it does not ask", "!("+asks+")")

	proxy.refuse(true)
	proxy.cut()
	ann.awaitState("reconnecting")
	ann.say("not stored yet")
	if !value[bool](ann, asks) {
		t.Error("a page with a message that is not stored does not ask")
	}
	proxy.refuse(false)
	ann.awaitLog(2)
	ann.until("everything is stored, and it does not ask", "!("+asks+")")
}

func TestLeaving_WithinTheSiteNothingIsLost(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	ann.openRoom("Going on")
	ann.press("a draft")
	ann.click(".brand")
	ann.until("the index is there", "document.querySelector('main#index')")
	ann.openRoom("Going on")
	if typed := value[string](ann, field+".value"); typed != "a draft" {
		t.Errorf("the draft is %q", typed)
	}
	if !value[bool](ann, asks) {
		t.Error("a page with a draft of before does not ask")
	}
	ann.press(" ") // a gesture: browsers do not ask without one
	ann.signOut()
	ann.until("signed out", "document.querySelector('main#signin')")
	if n := ann.askedTimes(); n != 0 {
		t.Errorf("asked %d times", n)
	}
}
