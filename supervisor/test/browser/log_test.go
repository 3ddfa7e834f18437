package browser_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// live moves a guest to another place: a time zone, and the way of writing there.
func (b *tab) live(zone, locale string) {
	b.Helper()
	b.do("move", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: zone})
		if err == nil {
			_, err = chromedp.Call(ctx, emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: locale})
		}
		return err
	}))
}

// The parts of a row of the log.
const looks = `Array.from(document.querySelectorAll('.log > li'), (row) => {
	const p = row.querySelector('p'), time = row.querySelector('time');
	return [
		row.querySelector('.day')?.innerText ?? '',
		time && getComputedStyle(time).opacity === '1' ? time.innerText : '',
		getComputedStyle(p).direction,
		parseFloat(getComputedStyle(p).fontSize) > 30 ? 'large' : '',
		p.innerText.slice(0, 20)].join('|');
})`

func TestLog_TimesDaysMinutesScripts(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Midnight"
	// Where it is midnight at the last full hour that is a minute past, so that none of the
	// messages is from the future.
	hour := time.Now().UTC().Add(-time.Minute).Truncate(time.Hour)
	zone := fmt.Sprintf("Etc/GMT-%d", 24-hour.Hour())
	if hour.Hour() <= 12 {
		zone = fmt.Sprintf("Etc/GMT+%d", hour.Hour())
	}
	ago := func(after time.Duration) time.Duration { return time.Since(hour.Add(after)) }
	seed(t, w, room, []line{
		{ago(-2*time.Minute + time.Second), "Good night"},
		{ago(-2*time.Minute + 30*time.Second), "🌙"},
		{ago(-time.Minute), "تصبحون على خير (good night)"},
		{ago(0), "🎉 👩‍👩‍👧‍👦"},
		{ago(time.Second / 2), strings.Repeat("longword", 60)},
	})
	ann := newGuest(t, w, "Ann")
	ann.live(zone, "de-DE")
	ann.speaks("de-DE")
	ann.openRoom(room)
	day := func(at time.Time) string {
		months := []string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}
		days := []string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"}
		return fmt.Sprintf("%s, %d. %s", days[at.Weekday()], at.Day(), months[at.Month()-1])
	}
	midnight := hour.Add(12 * time.Hour) // the date there is that of UTC, or of the day after it
	if hour.Hour() <= 12 {
		midnight = hour
	}
	want := []string{
		day(midnight.Add(-24*time.Hour)) + "|23:58|ltr||Good night",
		"||ltr|large|🌙",
		"|23:59|rtl||تصبحون على خير (good",
		day(midnight) + "|00:00|ltr|large|🎉 👩‍👩‍👧‍👦",
		"||ltr||longwordlongwordlong",
	}
	got := value[[]string](ann, looks)
	for i := range got {
		got[i] = strings.Replace(got[i], "|0:00|", "|00:00|", 1) // browsers differ
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the log in %s:\n%s", zone, diff)
	}
	ann.look("room two days")
}

func TestLog_LinksAreSafe(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Links"
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	newCrowd(t, w, room).say("http://example.org/ https://example.org/x、www.example.org/y javascript:alert(1) ftp://example.org/ //example.org https://аррӏе.com")
	ann.awaitLog(1)
	ann.until("the links are there", "document.querySelector('#log a')")
	links := value[[]string](ann, "Array.from(document.querySelectorAll('#log a'), (a) => [a.href, a.rel, a.target].join(' '))")
	want := []string{"http://example.org/ noopener noreferrer nofollow ugc _blank", "https://example.org/x noopener noreferrer nofollow ugc _blank",
		"https://www.example.org/y noopener noreferrer nofollow ugc _blank", "https://xn--80ak6aa92e.com/ noopener noreferrer nofollow ugc _blank"}
	if diff := cmp.Diff(want, links); diff != "" {
		t.Errorf("links:\n%s", diff)
	}
	if host := value[string](ann, "getComputedStyle(document.querySelector('#log a:last-child'), '::after').content"); !strings.Contains(host, "xn--80ak6aa92e.com") {
		t.Errorf("beside a lookalike stands %s, want its host", host)
	}
}

// announced notes what somebody who has the page read out is told of the log, from the
// page's beginning: what is put into a live region, or changes there, when the page itself
// is read.
const announced = `window.announced = [];
const watcher = new MutationObserver((changes) => {
	if (document.readyState === 'loading') return; // the page comes in pieces
	for (const {target, addedNodes, type} of changes) {
		const log = (target.closest ? target : target.parentElement)?.closest('[role=log]');
		if (!log || log.matches('[aria-live=off], [aria-busy=true]')) continue;
		for (const node of type === 'characterData' ? [target] : addedNodes) {
			const row = (node.closest ? node : node.parentElement ?? target).closest('li') ?? node;
			const text = row.querySelector?.('p')?.textContent ?? row.textContent;
			if (text.trim() && window.announced.at(-1) !== text) window.announced.push(text);
		}
	}
});
document.addEventListener('readystatechange', () => watcher.takeRecords());
watcher.observe(document, {childList: true, characterData: true, subtree: true});`

// begin has each page of the tab run a script before any of its own.
func (b *tab) begin(script string) {
	b.Helper()
	b.do("watch from the beginning", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
}

func TestLog_AnnouncesWhatIsNewAndNothingElse(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Announced"
	lines := prose(120)
	lines[119].text = "with a link, https://example.org/"
	seed(t, w, room, lines)
	ann := newGuest(t, w, "Ann")
	ann.live("Asia/Tokyo", "de-DE") // no time of day is as the server wrote it
	ann.begin(announced)
	ann.openRoom(room)
	if live := value[string](ann, "document.querySelector('[role=log]').localName + document.querySelectorAll('[aria-live]:not([aria-live=off])').length"); live != "div0" {
		t.Errorf("the log is %q", live)
	}
	ann.until("the script has made the link", "document.querySelector('.message a')")
	others := newCrowd(t, w, room)
	for i := range 3 {
		others.say(fmt.Sprintf("new %d", i))
	}
	ann.until("all are there", "window.announced.length >= 3")
	ann.until("the past is there", "(document.querySelector('#scroller').scrollTo(0, -1e6), !document.querySelector('#start').hidden)")
	others.say("last")
	ann.until("it is there", "window.announced.includes('last')")
	if got := strings.Join(value[[]string](ann, "window.announced"), ", "); got != "new 0, new 1, new 2, last" {
		t.Errorf("announced %q", got)
	}
	ann.awaitLog(124)
}

// prose is a talk of n lines of very different lengths, a line a second.
func prose(n int) []line {
	lines := make([]line, n)
	for i := range lines {
		lines[i] = line{time.Duration(n-i) * time.Second, fmt.Sprintf("line %d %s", i, strings.Repeat("and so on ", i*7%23))}
	}
	return lines
}
