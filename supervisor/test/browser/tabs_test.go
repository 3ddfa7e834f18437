package browser_test

import (
	"testing"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// duplicate opens the tab's page once more, with a copy of what the tab keeps, as the
// browser's menu does.
func (b *tab) duplicate(t *testing.T) *tab {
	t.Helper()
	opened := chromedp.WaitNewTarget(b.ctx, func(info *target.Info) bool { return info.OpenerID != "" })
	value[bool](b, "Boolean(window.open(location.href))")
	second := newTab(t, b.site, b.name, b.name+" (duplicate)", b.ctx, chromedp.WithTargetID(<-opened))
	second.url = b.url
	return second
}

func TestTabs_OfOneGuest_EachSendsItsOwn(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Two tabs"
	ann := newGuest(t, w, "Ann")
	proxy := ann.through(t)
	ann.openRoom(room)
	second := ann.another(t)
	second.openRoom(room)
	for _, b := range []*tab{ann, second} {
		b.allow(awayNotes...)
	}

	ann.say("from the first")
	second.awaitLog(1)
	second.say("from the second")
	all := []string{"from the first", "from the second"}
	for _, b := range []*tab{ann, second} {
		b.sees(all...)
	}
	ann.owns("from the first")
	second.owns("from the second")

	proxy.refuse(true)
	proxy.cut()
	for _, b := range []*tab{ann, second} {
		b.awaitState("reconnecting")
	}
	ann.say("waits in the first")
	ann.say("so does this")
	second.say("goes with its tab")
	ann.awaitWaiting("waits in the first", "so does this")
	second.awaitWaiting("goes with its tab")
	copied := ann.duplicate(t)
	copied.allow(awayNotes...)
	copied.awaitWaiting("waits in the first", "so does this")
	second.close()
	ann.awaitWaiting("waits in the first", "so does this")

	// Both have the same to send now, and the service takes it once.
	proxy.refuse(false)
	all = append(all, "waits in the first", "so does this")
	for _, b := range []*tab{ann, copied} {
		b.awaitLive()
		b.sees(all...)
	}
	ann.owns("from the first", "waits in the first", "so does this")
	copied.say("from the third")
	for _, b := range []*tab{ann, copied} {
		b.sees(append(all, "from the third")...)
	}
	same(t, ann, copied)
}
