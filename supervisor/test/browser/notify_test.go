package browser_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// permit answers what the browser would ask the guest.
func (b *tab) permit(name string, setting browser.PermissionSetting) {
	b.Helper()
	b.do("answer for "+name, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: name}, Setting: setting,
			Origin: strings.TrimSuffix(b.site.URL(), "/"), BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
		})
		return err
	}))
}

// lookAway puts another tab in front of this one, and back returns to it.
func (b *tab) lookAway() (back func()) {
	b.Helper()
	other := newTab(b.T, b.site, b.name, b.name+" (in front)", b.ctx, chromedp.WithNewWindow(false))
	front := func(what *tab, pretend bool) {
		b.Helper()
		b.do("see what is in front", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: pretend})
			return err
		}))
		what.do("come to the front", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, page.BringToFront, cdp.Empty{})
			return err
		}))
	}
	front(other, false)
	b.until("it is out of sight", "document.visibilityState === 'hidden'")
	return func() {
		b.Helper()
		front(b, true)
		b.until("it is in sight again", "document.visibilityState === 'visible' && document.hasFocus()")
		// Pretended focus does not always fire the event that a window's fires.
		value[bool](b, "window.dispatchEvent(new Event('focus'))")
	}
}

// watchTelling notes what a guest is asked and told. As on a phone, a page shows no
// notification by itself.
const watchTelling = `window.told = [];
const real = Notification;
window.Notification = class {
	static get permission() { return real.permission; }
	static requestPermission() { window.told.push('asked'); return real.requestPermission(); }
	constructor() { throw new TypeError('Illegal constructor'); }
};
const tone = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () { window.told.push('sound'); return tone.call(this); };
window.notified = [];
const show = ServiceWorkerRegistration.prototype.showNotification;
ServiceWorkerRegistration.prototype.showNotification = function (...what) {
	return show.apply(this, what).then(() => window.notified.push('shown'), (e) => window.notified.push(String(e)));
};`

// notes are the notifications that the browser shows for the site.
const notes = `navigator.serviceWorker.getRegistrations().then(async (all) => {
	const shown = await Promise.all(all.map((one) => one.getNotifications()));
	return shown.flat().map(({title, body, data}) => [title, body, data].join('|'));
})`

// awaitNotes waits for them. Who asks Chromium for its list while one is on its way has it
// forget that one.
func (b *tab) awaitNotes(want ...string) {
	b.Helper()
	if len(want) > 0 {
		b.until("it is notified", "window.notified.length")
		if got := value[[]string](b, "window.notified.splice(0)"); !slices.Equal(got, []string{"shown"}) {
			b.Errorf("on notifying: %q", got)
		}
	}
	b.await("what is notified is "+js(want), func(context.Context) (bool, error) {
		return slices.Equal(await[[]string](b, notes), want), nil
	})
}

func TestAway_IsTold(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Told"
	ann := newGuest(t, w, "Ann")
	ann.begin(watchTelling)
	ann.openRoom(room)
	others := newCrowd(t, w, room)
	told := func() string { return strings.Join(value[[]string](ann, "window.told.splice(0)"), " ") }
	title, icon := value[string](ann, "document.title"), value[string](ann, "document.querySelector('link[rel=icon]').href")

	ann.say("mine")
	ann.awaitLog(1)
	back := ann.lookAway()
	others.say("one")
	last := others.say("two")
	ann.until("the title counts", "document.title === "+js("(2) "+title))
	ann.until("the icon counts", "((icon) => icon.startsWith('data:image/svg+xml,') && icon.includes('>2</text>'))(decodeURIComponent(document.querySelector('link[rel=icon]').href))")
	back()
	ann.until("it is read", "document.title === "+js(title)+" && document.querySelector('link[rel=icon]').href === "+js(icon))
	ann.until("the line shows where it begins", "document.querySelector('.unread')?.closest('li').querySelector('p').innerText === 'one'")
	ann.until("both are there", "document.querySelector('[data-id="+js(last)+"]')")
	ann.look("room unread")
	if got := told(); got != "" {
		t.Errorf("told unasked: %s", got)
	}

	// Each by a click; a browser that refuses leaves the box empty, and says so.
	ann.click(".dots")
	ann.until("the choices are there", "document.querySelector('#settings:not([hidden])')")
	ann.permit("notifications", browser.PermissionSettingDenied)
	ann.click("[name=notify]")
	ann.until("it says that it may not", "document.querySelector('#denied').innerText && !document.querySelector('[name=notify]').checked")
	workers := "navigator.serviceWorker.getRegistrations().then((all) => all.map(({scope, active}) => scope + ' ' + active?.state))"
	if got := await[[]string](ann, workers); len(got) != 0 {
		t.Errorf("workers of a guest who is not to be notified: %q", got)
	}
	ann.permit("notifications", browser.PermissionSettingGranted)
	ann.click("[name=notify]")
	ann.until("it may", "document.querySelector('[name=notify]').checked && !document.querySelector('[name=text]').disabled")
	ann.click("[name=sound]")
	ann.until("it is heard", "window.told.includes('sound')")
	if got := told(); got != "asked asked sound sound" {
		t.Errorf("on the way: %s", got)
	}
	if got, want := await[[]string](ann, workers), w.URL()+"worker/ activated"; !slices.Equal(got, []string{want}) {
		t.Errorf("workers %q, want %q", got, want)
	}
	ann.reload()
	ann.awaitLive()
	ann.click(".dots") // A sound may be made only after something was done on the page.
	ann.until("it is remembered", "document.querySelector('#settings:not([hidden])') && document.querySelector('[name=notify]').checked && document.querySelector('[name=sound]').checked && !document.querySelector('[name=text]').checked")
	if got := told(); got != "" {
		t.Errorf("a page that comes asks: %s", got)
	}
	ann.look("room settings")

	back = ann.lookAway()
	others.say("a secret")
	path := value[string](ann, "location.pathname")
	ann.awaitNotes("There is something new in Told.||" + path)
	ann.until("it is heard", "window.told.length === 2")
	if got := told(); got != "sound sound" {
		t.Errorf("told %s", got)
	}
	back()
	ann.awaitNotes() // it has been seen
	ann.click("[name=text]")
	ann.click("[name=sound]")
	ann.until("three seconds are over", "(window.from ??= performance.now()) + 3100 < performance.now()")
	back = ann.lookAway()
	others.say("no secret")
	ann.awaitNotes("There is something new in Told.|no secret|" + path)
	if got := told(); got != "" {
		t.Errorf("told %s", got)
	}
	back()
	ann.awaitNotes()

	// A permission that the browser has withdrawn is not shown as on.
	ann.permit("notifications", browser.PermissionSettingDenied)
	ann.reload()
	ann.awaitLive()
	ann.click(".dots")
	ann.until("the choices are there", "document.querySelector('#settings:not([hidden])')")
	if on := value[bool](ann, "document.querySelector('[name=notify]').checked || !document.querySelector('[name=text]').disabled"); on {
		t.Error("the page says that it notifies, and may not")
	}
}
