package browser_test

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func (b *tab) press(keys string, options ...chromedp.KeyOption) {
	b.Helper()
	b.do("press keys", chromedp.KeyEvent(keys, options...))
}

func TestKeys_TypingOnTheLogGoesToTheField(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	ann.openRoom("Typing")
	ann.say("to be copied")
	ann.awaitLog(1)
	typed := func() string { t.Helper(); return value[string](ann, field+".value") }

	ann.click("#log .own p, #past .own p")
	ann.until("the field has lost the focus", "document.activeElement !== "+field)
	ann.press("c", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	if on := value[bool](ann, "document.activeElement !== "+field); !on {
		t.Error("Ctrl+C has moved the focus")
	}
	ann.press("hi")
	if got := typed(); got != "hi" {
		t.Errorf("typed on the log, and the field has %q", got)
	}
	ann.click(".room-title h1")
	ann.press("!")
	if got := typed(); got != "hi!" {
		t.Errorf("typed beside the log, and the field has %q", got)
	}
	// An open dialog keeps its keys.
	ann.click("#dots")
	ann.press("x")
	if got := typed(); got != "hi!" {
		t.Errorf("typed in the sheet, and the field has %q", got)
	}
}

func TestKeys_PagesInAnEmptyField(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	ann.openRoom("Pages")
	others := newCrowd(t, w, "Pages")
	for _, line := range numbered("line", 40) {
		others.say(line)
	}
	ann.awaitLog(40)
	const up = "document.querySelector('#scroller').scrollTop < -100"
	ann.do("look at the field", focusOn("#message"))
	ann.press(kb.PageUp)
	ann.until("the log has moved up", up)
	ann.press(kb.PageDown)
	ann.until("the log has moved down", "document.querySelector('#scroller').scrollTop > -40")
	ann.press("a text")
	ann.press(kb.PageUp)
	ann.press(kb.Home)
	if value[bool](ann, up) {
		t.Error("Page Up in a text moves the log")
	}
	if has := value[bool](ann, "document.activeElement === "+field); !has {
		t.Error("the field has lost the focus")
	}
}

// A tablet with a keyboard says that its pointer is coarse, as one without does.
func TestKeys_EnterOnATabletsKeyboardSends(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	phone := sizes[0]
	ann.do("be a tablet", chromedp.EmulateViewport(phone.width, phone.height, phone.more...))
	ann.openRoom("Tablet")
	ann.do("tap the field", focusOn("#message"))
	ann.press("one")
	if hint := value[string](ann, field+".title"); hint != "Enter sends, Shift+Enter breaks the line." {
		t.Errorf("the field says %q", hint)
	}
	ann.press(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierShift))
	ann.press("two")
	ann.press(kb.Enter)
	if seen := texts(ann.awaitLog(1)); !slices.Equal(seen, []string{"one\ntwo"}) {
		t.Errorf("said %q", seen)
	}
}
