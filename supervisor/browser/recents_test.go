package browser_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// vanished notes the rooms that an index has shown and does not show any more.
const vanished = `window.vanished = [];
new MutationObserver((changes) => {
	for (const {removedNodes} of changes) for (const {dataset, isConnected} of removedNodes) {
		if (dataset?.name && !isConnected) window.vanished.push(dataset.name);
	}
}).observe(document, {subtree: true, childList: true});`

// The first lists of a socket are as old as the last ones that somebody was sent. Not
// parallel: others at the index would have newer ones sent.
func TestIndex_NeverGoesBackBehindItsPage(t *testing.T) {
	w := site(t)
	ann := newGuest(t, w, "Ann")
	ann.do("watch", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: vanished})
		return err
	}))
	ann.until("a first list has come", "performance.now() > 1500")
	// Each time it may be another process that has an old list.
	for i := range 5 {
		room := fmt.Sprintf("Just entered %d", i)
		ann.open(roomPath(room))
		ann.open("/index/")
		ann.until("her room is there", "document.querySelector('#rooms li[data-name="+js(room)+"]') && performance.now() > 600")
		if gone := value[[]string](ann, "window.vanished"); len(gone) > 0 {
			t.Errorf("at visit %d the list has lost %q", i, gone)
		}
	}
	ben := newGuest(t, w, "Ben")
	ben.open(roomPath("Entered by Ben"))
	ann.until("the list is live", "document.querySelector('#rooms li[data-name=\"Entered by Ben\"]')")
	if gone := value[[]string](ann, "window.vanished"); len(gone) > 0 {
		t.Errorf("the list has lost %q", gone)
	}
}
