package browser_test

import (
	"slices"
	"testing"
)

// phoneCalls notes what the page asks a phone to do.
const phoneCalls = `window.calls = [];
for (const name of ['setAppBadge', 'clearAppBadge', 'vibrate']) {
	Object.defineProperty(Navigator.prototype, name, {configurable: true, value: (what) => {
		window.calls.push(name + ' ' + JSON.stringify(what ?? null));
		return name === 'vibrate' ? true : Promise.resolve();
	}});
}`

func TestAway_BadgeAndVibration(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Badge"
	ann := newGuest(t, w, "Ann")
	ann.begin(phoneCalls)
	ann.openRoom(room)
	others := newCrowd(t, w, room)
	called := func(what string, want ...string) {
		t.Helper()
		ann.until(what, "window.calls.length >= "+js(len(want)))
		if got := value[[]string](ann, "window.calls.splice(0)"); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	back := ann.lookAway()
	others.say("before anybody asked for it")
	ann.until("it is counted", "document.title.startsWith('(1)')")
	back()
	called("nothing is done unasked")

	ann.click(".dots")
	ann.until("both are offered", "document.querySelector('#settings:not([hidden])') && document.querySelectorAll('.setting:not([hidden])').length === 5")
	ann.click("[name=vibrate]")
	called("an example", "vibrate [80,60,80]", "clearAppBadge null")
	ann.click("[name=badge]")
	called("nothing is new", "clearAppBadge null")
	ann.until("three seconds are over", "(window.from ??= performance.now()) + 3100 < performance.now()")
	back = ann.lookAway()
	others.say("one")
	ann.until("it is counted", "document.title.startsWith('(1)')")
	called("the phone is told", "vibrate [80,60,80]", "setAppBadge 1")
	back()
	called("it is read", "clearAppBadge null")
	ann.reload()
	ann.awaitLive()
	ann.click(".dots")
	ann.until("it is remembered", "document.querySelector('#settings:not([hidden])') && document.querySelector('[name=badge]').checked && document.querySelector('[name=vibrate]').checked")
}
