package browser_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"chatter/supervisor/test/fixture"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// picturesDir is where pictures of the pages go, for people to look at; "" = nowhere.
const picturesDir = "CHATTER_SCREENSHOTS"

var sizes = []struct {
	name          string
	width, height int64
	more          []chromedp.EmulateViewportOption
}{
	{"phone", 390, 844, []chromedp.EmulateViewportOption{chromedp.EmulateScale(2), chromedp.EmulatePortrait, chromedp.EmulateMobile, chromedp.EmulateTouch}},
	{"desktop", 1280, 800, nil},
	// As narrow as the narrowest phone, and as a desktop at 400 %.
	{"narrow", 320, 256, nil},
}

// tooWide are the elements that can be scrolled sideways.
const tooWide = `Array.from(document.querySelectorAll('*'))
	.filter((e) => e.scrollWidth > e.clientWidth && (e === document.documentElement || /auto|scroll/.test(getComputedStyle(e).overflowX)))
	.map((e) => e.localName + '.' + e.className)`

// covered are what can be pressed, beside what is above it. Messages can be scrolled under a
// button.
const covered = `(() => {
	const sheet = document.querySelector('dialog:modal, dialog:target') ?? document;
	return Array.from(sheet.querySelectorAll(':is(a, button, input, select, summary, textarea):not(.message *)'), (e) => {
		if (!e.checkVisibility({visibilityProperty: true})) return '';
		const { left, top, width, height } = e.getClientRects()[0];
		const [x, y] = [left + width / 2, top + height / 2];
		const above = document.elementFromPoint(x, y);
		for (let at = e; at; at = at.parentElement) {
			const box = at.getBoundingClientRect();
			if (x < box.left || x >= box.right || y < box.top || y >= box.bottom) return ''; // scrolled away
		}
		return !above || e.contains(above) || above.closest('label')?.control === e ? '' : e.outerHTML.slice(0, 100) + ' under ' + above.outerHTML.slice(0, 100);
	}).filter(Boolean);
})()`

// logHeight is that of the part of the window in which messages are read.
const logHeight = `document.querySelector('#scroller')?.clientHeight || innerHeight`

// leastLog is half of the lowest window, and three lines where it is said beside the field
// what is wrong.
const leastLog = `document.querySelector('#say-problem')?.innerText ? 72 : 128`

// look shows the page in all sizes, light and dark, and keeps pictures where they are
// wanted. It fails when a page has to be scrolled sideways, and when axe finds a fault.
func (b *tab) look(name string) {
	b.Helper()
	dir := os.Getenv(picturesDir)
	for _, size := range sizes {
		b.do("resize", chromedp.EmulateViewport(size.width, size.height, size.more...))
		if wide := value[[]string](b, tooWide); len(wide) > 0 {
			b.Errorf("%s, on a %s: %q are too wide", name, size.name, wide)
		}
		if under := value[[]string](b, covered); len(under) > 0 {
			b.Errorf("%s, on a %s: %q are covered", name, size.name, under)
		}
		if high := value[int](b, logHeight); high < value[int](b, leastLog) {
			b.Errorf("%s, on a %s: %d pixels are left for the log", name, size.name, high)
		}
		for _, scheme := range []string{"light", "dark"} {
			b.colours(scheme)
			// Colours are the same in every size.
			if size.name == "phone" || size.name == "desktop" && scheme == "light" {
				b.accessible(name + ", " + size.name + ", " + scheme)
			}
			if dir == "" || size.name == "narrow" && scheme == "dark" {
				continue
			}
			b.picture(filepath.Join(dir, strings.Join([]string{strings.ReplaceAll(name, " ", "-"), size.name, scheme}, "-")+".png"))
		}
	}
	b.colours("")
	b.do("resize", chromedp.ResetViewport())
}

// colours sets what the guest's system prefers; "" = nothing.
func (b *tab) colours(scheme string) {
	b.Helper()
	b.do("choose colours", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
}

func (b *tab) picture(path string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, fixture.HangLimit)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(path, png, 0o644)
	}
	if err != nil {
		b.Errorf("%s: picture %s: %v", b.who, path, err)
	}
}

// Guests may set larger letters for all pages, or more space between letters.
func TestLook_LargeLettersFit(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Large letters"
	talked(t, w, room)
	ann := newGuest(t, w, "Annemarie-Charlotte")
	phone := sizes[0]
	ann.do("be a phone", chromedp.EmulateViewport(phone.width, phone.height, phone.more...))
	for _, path := range []string{"/", "/index/", roomPath(room)} {
		ann.open(path)
		for what, style := range map[string]string{
			"letters of twice the size": "html { font-size: 200% !important }",
			// WCAG 2.2, success criterion 1.4.12.
			"more room": "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-block-end: 2em !important }",
		} {
			value[bool](ann, "(window.more = new CSSStyleSheet(), window.more.replaceSync("+js(style)+"), document.adoptedStyleSheets = [window.more], true)")
			if wide := value[[]string](ann, tooWide); len(wide) > 0 {
				t.Errorf("%s with %s: %q are too wide", path, what, wide)
			}
			if narrow := value[[]string](ann, "Array.from(document.querySelectorAll('input:not([type]), textarea')).filter((e) => e.checkVisibility() && e.clientWidth < 200).map((e) => e.id)"); len(narrow) > 0 {
				t.Errorf("%s with %s: nobody can see what they type in %q", path, what, narrow)
			}
		}
	}
}

// places are where each row of the log stands, how high it is, and where its text begins.
const places = `Array.from(document.querySelectorAll(".log > li.message"), (row) => {
	const {top, height} = row.getBoundingClientRect(), text = row.querySelector('p');
	return [text.innerText, top, height, text.getBoundingClientRect().left].join(' | ');
})`

// sinceLateMorning is how long ago, in the past 23 hours, it last was 10:58 or 11:58 in
// the morning: "11:58 AM" is as wide as a time gets.
func sinceLateMorning(now time.Time) time.Duration {
	late := time.Date(now.Year(), now.Month(), now.Day(), 11, 58, 0, 0, now.Location())
	for late.After(now) {
		late = late.Add(-24 * time.Hour)
	}
	if ago := now.Sub(late); ago < 23*time.Hour {
		return ago
	}
	return now.Sub(late.Add(23 * time.Hour))
}

// The rendered page does not move when its script writes times and days in the reader's form
// and marks the texts that are shown large.
func TestLook_NothingMovesWhenTheScriptStarts(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Still life"
	lines := []line{
		{26 * time.Hour, "forgotten already"}, {sinceLateMorning(time.Now().UTC()), "the widest of times"},
		{20 * time.Hour, "🎉🎉"}, {20 * time.Hour, "earlier, and https://example.org/a/link too"},
		{time.Minute, "❤️"}, {time.Minute, "👩‍👩‍👧‍👦 🇺🇦"}, {time.Minute, "مرحبا 🌿"}, {time.Second, "1️⃣ then this"},
		{time.Second, "top\n\n\n\n\n\nend"}, {time.Second, numberedLines(40)}, {time.Second, "> a quote\nand `code` in\n```\na fence\n```"},
	}
	slices.SortStableFunc(lines, func(a, b line) int { return int(b.ago - a.ago) })
	seed(t, w, room, lines)
	ann := newGuest(t, w, "Ann")
	ann.allow(`net::ERR_BLOCKED_BY_CLIENT`, `Failed to load resource`, `preload`)
	for _, locale := range []string{"en-US", "de-DE", "ja-JP"} {
		// Where the days are those of the server. Elsewhere a day may begin at another row.
		ann.live("UTC", locale)
		block := func(path string) {
			t.Helper()
			ann.do("block "+path, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
				_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
				if err == nil {
					_, err = chromedp.Call(ctx, network.SetBlockedURLs, network.SetBlockedURLsParams{
						URLPatterns: []*network.BlockPattern{{URLPattern: "*://*:*" + path, Block: true}},
					})
				}
				return err
			}))
		}
		block("/static/*/js/*")
		ann.open(roomPath(room))
		before := value[[]string](ann, places)
		if len(before) < len(lines)-1 {
			t.Fatalf("%d rows before the script", len(before))
		}
		block("/none")
		ann.openRoom(room)
		after := value[[]string](ann, places)
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s: before (-) and after (+) the script:\n%s", locale, diff)
		}
	}
}

func TestLook_EveryPageFitsPhoneAndDesktop(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Garden 🌱"
	talked(t, w, room)
	ann, ben := newGuest(t, w, "Annika"), newGuest(t, w, "Benjamin")
	for _, b := range []*tab{ann, ben} {
		b.openRoom(room)
	}
	for i, text := range garden.live {
		b := []*tab{ann, ben}[i%2]
		b.say(text)
		ann.awaitLog(len(garden.past) + i + 1)
	}
	ann.look("room")

	// The longest of names, without a place to break.
	ben.openRoom(strings.Repeat("W", 25))
	ben.look("room empty")
}
