package browser_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"chatter/supervisor/lab/npm"
	"chatter/supervisor/test/fixture"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// axe is the source of axe-core, which knows what makes a page hard to use for those
// who see, hear or move otherwise.
var axe = sync.OnceValues(func() (string, error) {
	installed, err := npm.Install(context.Background(), "axe")
	if err != nil {
		return "", err
	}
	source, err := os.ReadFile(filepath.Join(installed, "node_modules", "axe-core", "axe.min.js"))
	return string(source), err
})

// WCAG 2.2 up to AA, and what axe recommends beside.
const runAxe = `axe.run(document, {
	resultTypes: ['violations'],
	runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
}).then(({violations}) => violations.flatMap(({id, help, nodes}) =>
	nodes.map((n) => [id, help, n.target.join(' '), n.html.slice(0, 200), n.failureSummary].join('\n\t'))))`

// accessible fails unless axe has nothing to say about the page as it is now.
func (b *tab) accessible(name string) {
	b.Helper()
	source, err := axe()
	if err != nil && os.Getenv("CI") != "true" {
		b.Logf("no axe-core: %v", err)
		return
	} else if err != nil {
		b.Fatal(err)
	}
	// Where the guest runs no scripts, axe must.
	if value[bool](b, "matchMedia('(scripting: none)').matches") {
		b.scripts(true)
		defer b.scripts(false)
	}
	ctx, cancel := context.WithTimeout(b.ctx, fixture.HangLimit)
	defer cancel()
	// From the developer tools, so to say: the page's policy would not let it in.
	there, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean(window.axe)"))
	if err == nil && !there {
		_, err = chromedp.Run(ctx, chromedp.Evaluate[bool](source+"\n;Boolean(window.axe)"))
	}
	if err != nil {
		b.Fatalf("%s: axe-core: %v", b.who, err)
	}
	faults, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](runAxe, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatalf("%s: axe-core on %s: %v", b.who, name, err)
	}
	for _, fault := range faults {
		b.Errorf("%s: %s", name, fault)
	}
}

// scripts allows or forbids pages to run theirs.
func (b *tab) scripts(allowed bool) {
	b.Helper()
	b.do("allow or forbid scripts", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !allowed})
		return err
	}))
}

// A check that finds nothing anywhere is worth nothing.
func TestAxe_FindsFaults(t *testing.T) {
	t.Parallel()
	w := site(t)
	b := newProfile(t, w, "Nobody")
	b.open("/")
	probe := &tab{T: new(testing.T), watch: b.watch, site: w, name: b.name, who: b.who, ctx: b.ctx}
	value[bool](b, `document.querySelector('label').remove() ?? true`)
	probe.accessible("broken")
	if _, err := axe(); err == nil && !probe.Failed() {
		t.Error("a field without a name is fine with axe")
	}
}

// reachable are the controls that Tab comes to, in order, each by what it is called; and
// those of them that do not show that they have the focus.
func (b *tab) reachable() (reached, unmarked []string) {
	b.Helper()
	const here = `(() => {
		const e = document.activeElement;
		if (!e || e === document.body) return null;
		const name = e.labels?.[0]?.innerText || e.getAttribute('aria-label') || e.innerText || e.id;
		const marked = [e, ...e.parentElement.querySelectorAll('*')].some((x) =>
			[null, '::before', '::after'].some((part) => {
				const style = getComputedStyle(x, part);
				return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && style.outlineColor !== 'rgba(0, 0, 0, 0)'
					|| x === e && style.boxShadow !== 'none';
			}));
		return [name.trim(), marked ? '' : 'unmarked'];
	})()`
	// From the top, wherever the page has put the focus.
	value[bool](b, "document.body.setAttribute('tabindex', '-1'), document.body.focus() ?? true")
	for range 60 {
		b.do("press Tab", chromedp.KeyEvent("\t"))
		at := value[[]string](b, here)
		if at == nil || len(reached) > 0 && at[0] == reached[0] {
			break
		}
		reached = append(reached, at[0])
		if at[1] != "" {
			unmarked = append(unmarked, at[0])
		}
	}
	return reached, unmarked
}

func join(names []string) string { return strings.Join(names, " | ") }
