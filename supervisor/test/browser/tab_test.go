package browser_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"chatter/supervisor/test/fixture"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tab is one tab of a guest's browser. Its methods end the test when something does not
// become so, and belong to the test's own goroutine.
type tab struct {
	*testing.T
	*watch
	site   *whole
	url    string // of the site, with a slash at its end
	name   string // of the guest
	who    string // the same, for messages of the test
	number int    // among the tabs of the test
	ctx    context.Context

	close context.CancelFunc
}

// statesSeen keeps every connection state that a page has shown, from its beginning.
const statesSeen = `window.statesSeen = [];
new MutationObserver(() => {
	const now = document.getElementById('state')?.dataset.state;
	if (now && window.statesSeen.at(-1) !== now) window.statesSeen.push(now);
}).observe(document, {subtree: true, childList: true, attributes: true, attributeFilter: ['data-state']});`

// noSlowLine keeps a room without a socket from reading over HTTP, which begins after half a
// minute: a test that takes longer must not depend on it. A test of the slow line sets
// window.slowLine.
const noSlowLine = `{
	const real = window.fetch;
	window.fetch = (address, ...rest) => (window.slowLine || !String(address).includes('/messages/?after=')
		? real(address, ...rest) : Promise.reject(new TypeError('not in this test')));
}`

// newProfile opens an empty tab of a profile that has nothing: no cookie, no storage.
func newProfile(t *testing.T, w *whole, name string) *tab {
	t.Helper()
	return newTab(t, w, name, name, w.chromium, chromedp.WithNewBrowserContext())
}

// another opens an empty tab of the same profile.
func (b *tab) another(t *testing.T) *tab {
	t.Helper()
	second := newTab(t, b.site, b.name, b.name+" (another tab)", b.ctx)
	second.url = b.url
	return second
}

func newTab(t *testing.T, w *whole, name, who string, parent context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, options...)
	t.Cleanup(cancel)
	b := &tab{T: t, watch: new(watch), site: w, url: w.URL(), name: name, who: who, ctx: ctx, close: cancel, number: int(w.tabs.Add(1))}
	if err := b.watch.start(ctx); err != nil {
		t.Fatalf("open a tab for %s: %v", who, err)
	}
	t.Cleanup(func() {
		b.report(t, who)
		b.showFailure()
	})
	// Every tab believes to be the one that is looked at.
	err := chromedp.Do(ctx, lookedAt(true))
	if err == nil {
		_, err = chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: statesSeen + noSlowLine})
	}
	if err != nil {
		t.Fatalf("open a tab for %s: %v", who, err)
	}
	return b
}

// lookedAt has a tab believe that somebody looks at it, or does not any more.
func lookedAt(enabled bool) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: enabled})
		return err
	})
}

func (b *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, fixture.HangLimit)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.Fatalf("%s: %s: %v", b.who, what, err)
	}
}

// open goes to an address of the site and returns the status, when the page is loaded.
func (b *tab) open(path string) int {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, fixture.HangLimit)
	defer cancel()
	response, err := chromedp.Run(ctx, chromedp.NavigateResponse(b.url+strings.TrimPrefix(path, "/")))
	if err != nil {
		b.Fatalf("%s: open /%s: %v", b.who, path, err)
	}
	return int(response.Status)
}

func (b *tab) reload() {
	b.Helper()
	b.do("reload", chromedp.Reload())
}

// value evaluates an expression in a tab's page.
func value[T any](b *tab, expression string) T {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, fixture.HangLimit)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.Fatalf("%s: %s: %v", b.who, expression, err)
	}
	return v
}

// await evaluates an expression that takes its time, a promise.
func await[T any](b *tab, expression string) T {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, fixture.HangLimit)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatalf("%s: %.80s: %v", b.who, expression, err)
	}
	return v
}

// until waits until an expression is true. It may name what is not there yet, or look
// at a page that goes away meanwhile.
func (b *tab) until(what, expression string) {
	b.Helper()
	b.await(fmt.Sprintf("%s: %.300s", what, expression), func(ctx context.Context) (bool, error) {
		return chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
	})
}

func (b *tab) await(what string, cond func(context.Context) (bool, error)) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, fixture.HangLimit)
	defer cancel()
	tick := time.NewTicker(40 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := cond(ctx)
		if ok && err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			b.Fatalf("%s: after %v still not so: %s (%v)", b.who, fixture.HangLimit, what, err)
		}
	}
}

// put types a text into the field that has the focus, in one go, as from a clipboard.
func (b *tab) put(text string) {
	b.Helper()
	b.do("type", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

func (b *tab) enter() {
	b.Helper()
	b.do("press Enter", chromedp.KeyEvent(kb.Enter))
}

func (b *tab) click(css string) {
	b.Helper()
	b.do("click "+css, clickOn(css))
}

// aimed keeps the next click of a page from every element but the one that it is for.
const aimed = `(css => {
	const aim = window.aim = {missed: false};
	const kinds = ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click'];
	let element;
	const check = (event) => {
		element ??= document.querySelector(css);
		if (event.type === 'click') for (const kind of kinds) window.removeEventListener(kind, check, true);
		if (!element?.contains(event.target) && event.target.closest?.('label')?.control !== element) aim.missed = true;
		if (!aim.missed) return;
		event.preventDefault();
		event.stopImmediatePropagation();
	};
	for (const kind of kinds) window.addEventListener(kind, check, true);
})`

// clickOn clicks again when the page moved another element under the pointer meanwhile.
func clickOn(css string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		for {
			if _, err := chromedp.Run(ctx, chromedp.Evaluate[any](aimed+"("+js(css)+")")); err != nil {
				return err
			}
			if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(css))); err != nil {
				return err
			}
			// A click that leads to another page was no miss.
			if missed, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("window.aim?.missed === true")); err != nil || !missed {
				return ctx.Err()
			}
		}
	})
}

func TestTab_ClicksAgainWhenThePageMoved(t *testing.T) {
	t.Parallel()
	b := newProfile(t, site(t), "Ann")
	b.open("/privacy/")
	value[bool](b, `(window.wrong = 0,
		addEventListener('click', () => { window.wrong += 1; }),
		document.querySelector('#privacy .button').addEventListener('click', (event) => { event.preventDefault(); event.stopPropagation(); window.right = true; }),
		addEventListener('pointerdown', () => { document.body.style.paddingTop = '300px'; }, {once: true, capture: true}), true)`)
	b.click("#privacy .button")
	if right, wrong := value[bool](b, "window.right === true"), value[int](b, "window.wrong"); !right || wrong > 0 {
		t.Errorf("clicked: %v, and %d times on something else", right, wrong)
	}
}

// focusOn asks the page itself: chromedp loses sight of one that the browser has kept and
// brought back.
func focusOn(css string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		focused, err := chromedp.Run(ctx, chromedp.Evaluate[bool](
			"(e => { e?.focus(); return Boolean(e) && document.activeElement === e })(document.querySelector("+js(css)+"))"))
		if err == nil && !focused {
			err = errors.New(css + " does not take the focus")
		}
		return err
	})
}
