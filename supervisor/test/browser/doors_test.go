package browser_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"chatter/supervisor/test/fixture"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestDoors_Look(t *testing.T) {
	t.Parallel()
	w := site(t)
	b := newProfile(t, w, "Somebody")
	b.open("/")
	b.until("the name is asked for", "document.activeElement.autocomplete === 'nickname'")
	b.look("sign-in")
	b.open(roomPath("Garden 🌱"))
	b.look("sign-in for a room")

	b.allow(`status of 422 .*/index/`, `status of 404 `)
	const tooLong = "no/slashes in a name of this length, please"
	b.put(tooLong)
	b.enter()
	b.until("the name is refused", "document.querySelector('#user-problem')?.innerText")
	b.until("the field has the focus, and what was typed", fmt.Sprintf("document.activeElement.value === %q", tooLong))
	if room := value[string](b, "document.querySelector('h1').innerText"); room != "Garden 🌱" {
		t.Errorf("the heading is %q", room)
	}
	b.look("sign-in refused")

	if status := b.open("/chat/" + strings.Repeat("n", 26) + "/"); status != 404 {
		t.Errorf("a room whose name is too long: %d", status)
	}
	b.look("error 404")
	b.open("/")
	b.signIn()
	b.open("/")
	b.look("sign-in known")
}

// From a room's link to the first message: a name, a message.
func TestLink_TwoInputsToTheFirstMessage(t *testing.T) {
	t.Parallel()
	w := site(t)
	b := newProfile(t, w, "Lena")
	inputs := 0
	input := func(text string) {
		b.put(text)
		b.enter()
		inputs++
	}
	b.open(roomPath("Linked 🔗"))
	b.until("the name is asked for", "document.activeElement.id === 'user'")
	input(b.name)
	b.until("the room is there, and its field has the focus",
		"document.querySelector('#room')?.dataset.room === 'Linked 🔗' && document.activeElement.id === 'message'")
	input("hello")
	if seen := texts(b.awaitLog(1)); !slices.Equal(seen, []string{"hello"}) || inputs != 2 {
		t.Errorf("%d inputs, and %q is said", inputs, seen)
	}
}

// Of an empty field Enter takes the name that it shows, without scripts, too.
func TestSignIn_EnterTakesTheOfferedName(t *testing.T) {
	t.Parallel()
	w := site(t)
	for _, scripts := range []bool{true, false} {
		b := newProfile(t, w, "Somebody")
		b.scripts(scripts)
		b.open("/")
		offer := value[string](b, "document.querySelector('#user').placeholder")
		b.until("the name is asked for", "document.activeElement.id === 'user'")
		b.enter()
		b.until("signed in under the offered name", "document.querySelector('#index .own-name') && document.querySelector('.account-name').innerText === "+js(offer))
	}
}

func TestTheme_IsRememberedAndNeverFlickers(t *testing.T) {
	t.Parallel()
	w := site(t)
	b := newProfile(t, w, "Tim")
	const background = "getComputedStyle(document.documentElement).backgroundColor"
	const light, dark = "rgb(228, 234, 231)", "rgb(15, 21, 19)"
	want := func(what, colour string) {
		t.Helper()
		if got := value[string](b, background); got != colour {
			t.Errorf("%s: the background is %s, want %s", what, got, colour)
		}
		frame := value[[]string](b, "Array.from(document.querySelectorAll('meta[name=theme-color]')).filter((m) => matchMedia(m.media).matches).map((m) => m.content)")
		if rgb := map[string]string{light: "#e4eae7", dark: "#0f1513"}[colour]; len(frame) != 1 || frame[0] != rgb {
			t.Errorf("%s: the browser's frame is %q, want %s", what, frame, rgb)
		}
	}
	b.colours("dark")
	b.open("/")
	want("the system's", dark)
	b.click(".theme [value=light]")
	want("chosen", light)
	// Before the first picture: the script that knows the choice is waited for.
	b.reload()
	want("after a reload", light)
	if checked := value[string](b, "document.querySelector('.theme :checked').value"); checked != "light" {
		t.Errorf("after a reload %s is marked", checked)
	}
	if blocking := value[bool](b, "performance.getEntriesByName(document.querySelector('script[src$=\"theme.js\"]').src)[0].renderBlockingStatus === 'blocking'"); !blocking {
		t.Error("the page may be shown before it is known how")
	}
	b.signIn()
	want("on the index", light)
	other := b.another(t)
	other.colours("dark")
	other.open("/")
	other.click(".theme [value=dark]")
	b.until("the other tab follows", background+" === "+js(dark))
	other.click(".theme [value=system]")
	b.colours("light")
	b.until("and goes back", background+" === "+js(light))
	if kept := value[int](other, "localStorage.length"); kept != 0 {
		t.Errorf("%d things are kept of no choice", kept)
	}
}

func TestKeyboard_ReachesEverythingAndShowsWhere(t *testing.T) {
	t.Parallel()
	w := site(t)
	b := newProfile(t, w, "Kim")
	for _, page := range []struct {
		path string
		want []string
	}{
		{"/", []string{"Chatter", "Your name", "Come in", "System"}},
		{"/index/", []string{"Chatter", "Kim", "Sign out", "Take another name", "Enter a room, or make one up", "Enter"}},
	} {
		if page.path != "/" {
			b.open("/")
			b.signIn()
		}
		b.open(page.path)
		b.until("a field has the focus", "document.activeElement.matches('input')")
		reached, unmarked := b.reachable()
		for i, name := range page.want {
			if i >= len(reached) || reached[i] != name {
				t.Errorf("%s: Tab comes to %s, want first %s", page.path, join(reached), join(page.want))
				break
			}
		}
		if !slices.Contains(reached, "System") {
			t.Errorf("%s: Tab does not come to the colours: %s", page.path, join(reached))
		}
		if len(unmarked) > 0 {
			t.Errorf("%s: no sign of the focus on %s", page.path, join(unmarked))
		}
	}
}

func TestKeyboard_ARoomWithoutAMouse(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Keyboard"
	seed(t, w, room, prose(40))
	b := newGuest(t, w, "Kim")
	b.openRoom(room)
	has := func(css string) string { return "document.activeElement === document.querySelector(" + js(css) + ")" }
	press := func(key string) { t.Helper(); b.do("press a key", chromedp.KeyEvent(key)) }
	for _, css := range []string{"a.brand", ".dots", "#scroller", "#message", "#say button"} {
		if css == "a.brand" {
			value[bool](b, "(document.body.tabIndex = -1, document.body.focus(), true)")
		}
		press("\t")
		for value[bool](b, "document.activeElement.closest('.log, #older') !== null") { // a way through the log itself
			press("\t")
		}
		b.until("Tab comes to "+css, has(css))
	}
	b.do("look at the door to the rest", focusOn(".dots"))
	b.enter()
	b.until("it is open", "document.querySelector('#about[open] #settings:not([hidden])')")
	closed := "!document.querySelector('#about[open]') && " + has(".dots")
	b.until("the focus is in it", has("#close"))
	press("\t")
	b.until("Tab goes on in it", "document.activeElement.closest('#about') && !("+has("#close")+")")
	press(kb.Escape)
	b.until("it is closed, and the focus is back", closed)
	for _, key := range []string{kb.Enter, " "} {
		press(key)
		b.until("it is open again", has("#about[open] #close"))
		press(key)
		b.until("it is closed by its button", closed)
	}

	b.do("look at the log", focusOn("#scroller"))
	press(kb.PageUp)
	b.until("a way down is offered, and nothing moves", "!document.querySelector('#jump').hidden && window.was === (window.was = document.querySelector('#scroller').scrollTop)")
	b.do("go to it", focusOn("#jump"))
	b.enter()
	b.until("down there", atBottom+" && "+has("#message"))

	// A screen reader announces a refusal, and the focus is never lost.
	b.put("Z" + strings.Repeat("\u0301", 9))
	for _, do := range []string{"edit", "drop"} {
		b.enter()
		b.until("it is refused, and said", "document.querySelector('#outbox li[data-state=refused]') && document.querySelector('[role=status]#outcome').innerText === 'It holds characters that cannot be sent.'")
		value[bool](b, "(document.querySelector('#outcome').textContent = '', true)") // to be said anew
		b.do("decide", focusOn("#outbox [data-do="+do+"]"))
		b.enter()
		b.until("the focus is at home", has("#message"))
	}
	b.until("nothing is left", "document.querySelectorAll('#outbox li').length === 0 && "+has("#message"))
}

func TestWithoutScripts_TheIndexAndTheDoor(t *testing.T) {
	t.Parallel()
	w := site(t)
	b := withoutScripts(t, w, "Otto")
	for _, path := range []string{"/", "/index/"} {
		b.open(path)
		if shown := value[bool](b, "document.querySelector('.theme').checkVisibility()"); shown {
			t.Errorf("%s offers colours, and cannot change them", path)
		}
	}
	if times := value[int](b, "document.querySelectorAll('#users time').length"); times == 0 {
		t.Error("the index says nothing of who was here")
	}
	b.look("index without scripts")
	// The link that stands in for what a script would do.
	b.click("noscript a")
	b.until("the index is there again", "document.readyState === 'complete' && document.querySelector('#index')")
}

func TestInstall_TheBrowserTakesTheManifest(t *testing.T) {
	t.Parallel()
	w := site(t)
	b := newProfile(t, w, "Ines")
	b.open("/")
	ctx, cancel := context.WithTimeout(b.ctx, fixture.HangLimit)
	defer cancel()
	got, err := chromedp.Call(ctx, page.GetAppManifest, page.GetAppManifestParams{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(got.URL, "/manifest.webmanifest") || len(got.Errors) > 0 {
		t.Errorf("manifest %s: %v", got.URL, got.Errors)
	}
	wrong, err := chromedp.Call(ctx, page.GetInstallabilityErrors, cdp.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range wrong.InstallabilityErrors {
		// Every guest here has a profile that leaves nothing behind.
		if e.ErrorID != "in-incognito" {
			t.Errorf("cannot be installed: %s %v", e.ErrorID, e.ErrorArguments)
		}
	}
}
