package browser_test

import "testing"

func TestPrivacy_IsThereForEverybody(t *testing.T) {
	t.Parallel()
	w := site(t)
	const link = "a[href='/privacy/']"
	stranger := newProfile(t, w, "Nobody")
	stranger.open("/")
	stranger.click(link)
	stranger.until("a stranger is told", "document.querySelectorAll('#privacy section p').length >= 5")
	stranger.look("privacy")
	stranger.click("#privacy .button")
	stranger.until("the stranger is at the door", "location.pathname === '/' && document.querySelector('#signin')")
	stranger.speaks("de")
	stranger.open("/privacy/")
	stranger.look("privacy german")

	ann := newGuest(t, w, "Ann")
	ann.openRoom("Private")
	ann.do("look at the field", focusOn("#message"))
	ann.put("half a sentence")
	ann.click(".dots")
	ann.click("#about " + link)
	ann.until("Ann is told", "document.querySelector('#privacy h1')?.innerText === 'How private is this?'")
	value[bool](ann, "(history.back(), true)")
	ann.until("Ann is back, with the draft", "document.querySelector('#message')?.value === 'half a sentence'")

	cat := withoutScripts(t, w, "Cat")
	cat.click(link)
	cat.until("Cat is told without scripts", "document.querySelector('#privacy h1')")
}
