package browser_test

import (
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// withoutScripts opens a profile in which no page may run a script, and signs in there.
func withoutScripts(t *testing.T, w *whole, name string) *tab {
	t.Helper()
	b := newProfile(t, w, name)
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	b.open("/")
	b.signIn()
	return b
}

// post says something with the page's form. The log is shown when it returns.
func (b *tab) post(text string) {
	b.Helper()
	n := len(b.log())
	b.do("look at the field", focusOn("#message"))
	b.put(text)
	b.click("#say button")
	b.until("the form has been sent", "document.readyState === 'complete' && document.querySelector('#message').value === ''")
	b.awaitLog(n + 1)
}

func TestWithoutScripts_ReadSayReload(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Plain 🍞"
	cat := withoutScripts(t, w, "Cat")
	dan := newGuest(t, w, "Dan")

	cat.reload() // Nothing comes by itself.
	cat.until("Dan's name is there", "document.querySelector('#users').innerText.includes('Dan')")
	dan.until("Cat's name is there", "document.querySelector('#users').innerText.includes('Cat')")

	cat.do("look at the room field", focusOn("#room"))
	cat.put(room)
	cat.click("#enter button")
	cat.until("Cat is in the room", "document.querySelector('#room')?.dataset.room === "+js(room))
	if hint := value[string](cat, "document.querySelector('#state').innerText"); hint == "" {
		t.Error("nothing tells Cat to reload")
	}
	dan.openRoom(room)

	dan.say("hello from a script")
	dan.awaitLog(1)
	cat.awaitLog(1) // By itself, and the page stays as it is.

	want := []string{"hello from a script"}
	for _, text := range []string{"<script>alert(1)</script>", "سطران\nاثنان", "🇫🇷 & <b>"} {
		cat.post(text)
		want = append(want, text)
		if seen := texts(dan.awaitLog(len(want))); !slices.Equal(seen, want) {
			t.Errorf("Dan sees %q, want %q", seen, want)
		}
	}
	// The address is the room's: a reload asks for the log and posts nothing again.
	cat.reload()
	if seen := texts(cat.awaitLog(len(want))); !slices.Equal(seen, want) {
		t.Errorf("Cat sees %q, want %q", seen, want)
	}
	same(t, cat, dan)

	// The page says what is wrong, and the status says that something is.
	cat.allow(`status of 422 .*/chat/`)
	cat.do("look at the field", focusOn("#message"))
	cat.put(" \n ")
	cat.click("#say button")
	cat.until("an empty message is refused", "document.querySelector('#say-problem')?.innerText")
	dan.awaitLog(len(want))

	cat.signOut()
	cat.until("Cat is asked for a name", "location.pathname === '/' && document.readyState === 'complete' && !document.querySelector('.account')")
}
