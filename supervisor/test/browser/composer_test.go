package browser_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	field       = "document.querySelector('#message')"
	fieldHeight = "document.querySelector('#message').getBoundingClientRect().height"
)

func TestComposer_KeysAndInputMethods(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	ann.openRoom("Keys")
	ann.until("the field has the focus, where there is a keyboard", "document.activeElement === "+field)
	low := value[float64](ann, fieldHeight)
	ann.put("one")
	ann.do("press Shift+Enter", chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierShift)))
	ann.put("two")
	if text := value[string](ann, field+".value"); text != "one\ntwo" {
		t.Errorf("Shift+Enter makes %q", text)
	}
	if high := value[float64](ann, fieldHeight); high <= low+10 {
		t.Errorf("the field is %v high with two lines, %v with one", high, low)
	}
	ann.enter()
	if seen := texts(ann.awaitLog(1)); seen[0] != "one\ntwo" {
		t.Errorf("said %q", seen)
	}
	if again := value[float64](ann, fieldHeight); again != low {
		t.Errorf("the field is %v high when it is empty again, was %v", again, low)
	}

	// Enter takes what an input method proposes, and sends nothing.
	compose := func(text string) {
		ann.do("compose", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, input.ImeSetComposition, input.ImeSetCompositionParams{Text: text, SelectionStart: int64(len(text)), SelectionEnd: int64(len(text))})
			return err
		}))
	}
	compose("にほ")
	ann.enter()
	compose("日本")
	ann.do("press Enter as an input method does", chromedp.Evaluate[chromedp.Void](
		"void "+field+".dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, bubbles: true, cancelable: true}))"))
	ann.put("日本")
	if text := value[string](ann, field+".value"); !strings.Contains(text, "日本") {
		t.Errorf("composed %q", text)
	}
	ann.enter()
	if seen := texts(ann.awaitLog(2)); !slices.Equal(seen, []string{"one\ntwo", "日本"}) {
		t.Errorf("said %q", seen)
	}
	ann.put(strings.Repeat("line\n", 60))
	if high := value[float64](ann, fieldHeight+" / innerHeight"); high > 0.45 {
		t.Errorf("the field takes %v of the window", high)
	}
}

func TestComposer_LongTextsAndDrafts(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	ann.openRoom("Long")
	ann.put(strings.Repeat("x", 1850))
	ann.until("the counter shows", "document.querySelector('#count').innerText === '1,850 of 2,000 characters'")
	ann.do("empty the field", chromedp.Evaluate[chromedp.Void]("void "+field+".select()"))

	book := strings.Repeat("0123456789", 1000)
	ann.put(book)
	ann.until("it says what is wrong", "document.querySelector('#say-problem').innerText.startsWith('This is too long')")
	if count := value[string](ann, "document.querySelector('#count').innerText"); count != "10,000 of 2,000 characters" && count != "10,000 of 8,192 bytes" {
		t.Errorf("counted %q", count)
	}
	ann.enter()
	ann.click("#say button")
	if text := value[string](ann, field+".value"); text != book {
		t.Errorf("%d characters are left", len(text))
	}
	ann.look("room too long")
	ann.reload()
	ann.awaitLive()
	if text := value[string](ann, field+".value"); text != book {
		t.Errorf("after a reload %d characters are left", len(text))
	}
	ann.until("it still says what is wrong", "document.querySelector('#say-problem').innerText.startsWith('This is too long')")
	ann.do("take all of it", chromedp.Evaluate[chromedp.Void]("void "+field+".select()"))
	ann.put("half a sen")
	ann.until("nothing is wrong", "!document.querySelector('#say-problem').innerText && document.querySelector('#count').hidden")

	ann.openRoom("Elsewhere")
	if text := value[string](ann, field+".value"); text != "" {
		t.Errorf("a draft has come along: %q", text)
	}
	ann.openRoom("Long")
	if text := value[string](ann, field+".value"); text != "half a sen" {
		t.Errorf("the draft is %q", text)
	}
	ann.enter()
	ann.awaitLog(1)
	ann.reload()
	ann.awaitLive()
	if text := value[string](ann, field+".value"); text != "" {
		t.Errorf("what was said is still a draft: %q", text)
	}
}

// Sent before the scripts ran, a form comes back as any form does.
func TestComposer_AFormThatCameBack(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	const room = "Came back"
	ann := newGuest(t, w, "Ann")
	ann.allow(`status of 503 `)
	ann.openRoom(room)
	ann.ctl("stop", "redis")
	// That is not seen by scripts.
	value[bool](ann, "("+field+".value = 'once, and no more', setTimeout(() => "+field+".form.submit()), true)")
	const reason = "document.querySelector('#say-problem')?.innerText.startsWith('Chatter cannot reach its memory just now.')"
	ann.until("it has come back, and the scripts run", reason+" && "+field+".title")
	ann.look("room sent back")
	ann.ctl("start", "redis")
	ann.awaitLive()
	if says := value[bool](ann, reason+" && "+field+".ariaInvalid === 'true'"); !says {
		t.Error("the reason is gone before anybody did anything about it")
	}
	// It was stored, and only the answer was lost.
	if status := await[int](ann, "fetch('', {method: 'POST', body: new URLSearchParams(new FormData("+field+".form))}).then((answer) => answer.status)"); status != 200 {
		t.Errorf("status %d", status)
	}
	ann.enter()
	ann.until("it is hers", "document.querySelector('#log > .own')")
	if seen := texts(ann.awaitLog(1)); !slices.Equal(seen, []string{"once, and no more"}) {
		t.Errorf("said %q", seen)
	}
	if says := value[bool](ann, reason); says {
		t.Error("the reason stays")
	}
	// The same words once more are another message.
	ann.say("once, and no more")
	ann.awaitLog(2)
}

// Not every browser lets a style make a field as high as its text.
func TestComposer_ADraftIsSeenWholeInEveryBrowser(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	ann.begin(`
			CSS.supports = () => false;
			const older = new CSSStyleSheet();
			older.replaceSync('textarea { field-sizing: fixed !important }');
			document.adoptedStyleSheets = [older];`)
	ann.openRoom("Older browser")
	low := value[float64](ann, fieldHeight)
	ann.put("one\ntwo\nthree")
	high := value[float64](ann, fieldHeight)
	if high < low+30 {
		t.Errorf("the field is %v high with three lines, %v with one", high, low)
	}
	ann.reload()
	ann.awaitLive()
	if again := value[float64](ann, fieldHeight); again != high {
		t.Errorf("with a draft of three lines the field is %v high, was %v", again, high)
	}
}

func TestComposer_NoKeyboardUnaskedOnAPhone(t *testing.T) {
	t.Parallel()
	w := site(t)
	ann := newGuest(t, w, "Ann")
	phone := sizes[0]
	ann.do("be a phone", chromedp.EmulateViewport(phone.width, phone.height, phone.more...))
	ann.openRoom("Phone")
	if has := value[bool](ann, "document.activeElement === "+field); has {
		t.Error("the keyboard comes up by itself")
	}
	// There is no Shift+Enter on glass.
	ann.do("tap the field", focusOn("#message"))
	ann.put("one")
	ann.enter()
	ann.put("two")
	if text := value[string](ann, field+".value"); text != "one\ntwo" {
		t.Errorf("Enter makes %q", text)
	}
	if hint := value[string](ann, field+".enterKeyHint + ': ' + "+field+".title"); hint != "enter: Enter breaks the line, the button sends." {
		t.Errorf("the field says %q", hint)
	}
	ann.click("#say button")
	if seen := texts(ann.awaitLog(1)); !slices.Equal(seen, []string{"one\ntwo"}) {
		t.Errorf("said %q", seen)
	}
	if has := value[bool](ann, "document.activeElement === "+field); !has {
		t.Error("the keyboard goes away after a message")
	}
}
