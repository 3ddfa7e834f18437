package browser_test

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// unasked are the rules of a page's styles that move something, other than for guests who
// have no preference, behind "read" if there were rules to read.
const unasked = `(() => {
	const found = [];
	const read = (rules) => {
		for (const rule of rules) {
			if (!found.length && rule.style) found.push('read');
			if (/prefers-reduced-motion:\s*no-preference/.test(rule.media?.mediaText)) continue;
			for (const name of ['transition-property', 'transition-duration', 'animation-name', 'animation-duration', 'scroll-behavior']) {
				const set = rule.style?.getPropertyValue(name);
				if (set && !/^(none|auto)$/.test(set)) found.push(rule.selectorText + ' {' + name + ': ' + set + '}');
			}
			if (rule.cssRules) read(rule.cssRules);
		}
	};
	for (const sheet of document.styleSheets) read(sheet.cssRules);
	return found;
})()`

func TestWishes_LessMotionAndForcedColours(t *testing.T) {
	t.Parallel()
	w := site(t)
	b := newGuest(t, w, "Rudi")
	b.allow(`Autofocus processing was blocked`) // the field was focused already
	for _, path := range []string{"/", "/index/", roomPath("Still")} {
		b.open(path)
		if moving := value[[]string](b, unasked); len(moving) != 1 || moving[0] != "read" {
			t.Errorf("%s: %q move though nobody said that they may", path, moving)
		}
	}
	b.wish("forced-colors", "active")
	for _, path := range []string{"/", "/index/", roomPath("Still")} {
		b.open(path)
		_, unmarked := b.reachable()
		if len(unmarked) > 0 {
			t.Errorf("%s in forced colours: no sign of the focus on %s", path, join(unmarked))
		}
		b.accessible(path + " in forced colours")
		for _, choices := range []string{".theme label span", ".languages button"} {
			borders := value[[]string](b, "Array.from(document.querySelectorAll("+js(choices)+"), (e) => getComputedStyle(e).borderStyle)")
			if len(borders) != 3 || borders[0] == borders[1] {
				t.Errorf("%s in forced colours, %s: the chosen one looks as the others: %q", path, choices, borders)
			}
		}
	}
}

// wish says what the guest's system asks pages for.
func (b *tab) wish(feature, value string) {
	b.Helper()
	b.do("wish for "+feature, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: feature, Value: value}},
		})
		return err
	}))
}
