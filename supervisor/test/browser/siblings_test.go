package browser_test

import (
	"testing"

	"github.com/chromedp/cdproto/browser"
)

// patientSiblings has a tab wait ten seconds, in place of one, for what its siblings tell of a
// message (siblings.js).
const patientSiblings = `{
	const real = window.setTimeout;
	window.setTimeout = (call, ms, ...rest) => real(call, ms === 1000 ? 10000 : ms, ...rest);
}`

// One guest looks at one tab of a room and has another one behind it, which announces only
// messages that the guest does not know.
func TestSiblings_AnnounceOnlyWhatTheGuestDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Siblings"
	ann := newGuest(t, w, "Ann")
	ann.permit("notifications", browser.PermissionSettingGranted)
	value[bool](ann, `(localStorage.setItem('chatter.settings', '{"notify":true,"text":true}'), true)`)
	ann.openRoom(room)
	second := ann.another(t)
	second.begin(watchTelling)
	second.begin(patientSiblings)
	second.openRoom(room)
	others := newCrowd(t, w, room)
	title, path := value[string](second, "document.title"), value[string](second, "location.pathname")
	back := second.lookAway()
	untold := func(last string) {
		t.Helper()
		second.until("it is there", "document.querySelector('#log').innerText.includes("+js(last)+")")
		second.until("it is not unread", "document.title === "+js(title))
	}

	ann.say("my own")
	ann.awaitLog(1)
	untold("my own")
	others.say("read in the first tab")
	ann.awaitLog(2)
	untold("read in the first tab")
	// The first one that is announced shows that the others were not.
	value[bool](ann, "(document.hasFocus = () => false, window.dispatchEvent(new Event('blur')))")
	others.say("news")
	second.awaitNotes("There is something new in Siblings.|news|" + path)
	second.until("it counts", "document.title === "+js("(1) "+title))
	value[bool](ann, "delete document.hasFocus && window.dispatchEvent(new Event('focus'))")
	untold("news")
	second.awaitNotes()
	second.owns()
	ann.owns("my own")
	// Nothing of this is kept.
	if kept := value[[]string](second, "Object.keys(localStorage).concat(Object.keys(sessionStorage)).filter((key) => !/^chatter\\.(settings|guest|rooms:|seen:.*)$/.test(key))"); len(kept) > 0 {
		t.Errorf("kept: %q", kept)
	}
	back()
}
