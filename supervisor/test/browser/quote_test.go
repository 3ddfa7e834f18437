package browser_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

// fieldHas waits until the field has the focus and this text.
func (b *tab) fieldHas(text string) {
	b.Helper()
	b.until(fmt.Sprintf("%q is in the field", text), "document.activeElement === document.querySelector('#message') && document.querySelector('#message').value === "+js(text))
}

// pointAt moves the mouse over an element, or touches it.
func (b *tab) pointAt(expression string, actions func(x, y float64) chromedp.Action[chromedp.Void]) {
	b.Helper()
	at := value[[]float64](b, "(({left, top, width, height}) => [left + width / 2, top + height / 2])("+expression+".getBoundingClientRect())")
	b.do("point at "+expression, actions(at[0], at[1]))
}

func hover(x, y float64) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: "mouseMoved", X: x, Y: y})
		return err
	})
}

func clickAt(x, y float64) chromedp.Action[chromedp.Void] { return chromedp.MouseClickXY(x, y) }

func TestQuote_PutsTheFirstWordsIntoTheField(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Quote"
	seed(t, w, room, rich)
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	newCrowd(t, w, room).say("Any news?")
	ann.awaitLog(len(rich) + 1)
	news := rowOf("Any news?")
	tools := "getComputedStyle(" + news + ".querySelector('.tools')).opacity"

	// With the mouse.
	before := value[[]string](ann, places)
	if got := value[string](ann, tools); got != "0" {
		t.Errorf("the tools are shown before the mouse comes: %s", got)
	}
	ann.pointAt(news, hover)
	ann.until("the tools are shown", tools+" === '1'")
	ann.look("room tools")
	ann.pointAt(news, hover)
	ann.pointAt(news+".querySelector('.cite')", clickAt)
	ann.fieldHas("> Any news?\n")
	if diff := cmp.Diff(before, value[[]string](ann, places+".slice(0, "+fmt.Sprint(len(before))+")")); diff != "" && value[int](ann, "document.querySelector('#message').clientHeight") < 50 {
		t.Errorf("the tools move the log:\n%s", diff)
	}
	ann.put("Yes, the soup is ready.")
	// The typed text stays, behind the quote.
	value[bool](ann, "("+rowOf(rich[0].text)+".querySelector('.cite').click(), true)")
	ann.fieldHas("> Any news?\n> The soup is at twelve, bring a bowl and a spoon, and mind…\nYes, the soup is ready.")
	ann.do("clear the field", chromedp.Evaluate[chromedp.Void]("void (document.querySelector('#message').value = '')"))

	// By the keyboard: Tab comes to the newest message, arrows lead to the others and to quotes.
	ann.do("look at the field", focusOn("#message"))
	ann.do("press Shift+Tab", chromedp.KeyEvent("\t", chromedp.KeyModifiers(chromedp.ModifierShift)))
	ann.until("Tab comes to the newest message", "document.activeElement === "+news+".querySelector('.cite')")
	ann.until("its tools are shown", tools+" === '1'")
	for i := len(rich) - 1; i > 0; i-- {
		ann.do("press the arrow", chromedp.KeyEvent(kb.ArrowUp))
		ann.until("the arrow leads up", "document.activeElement === "+rowOf(rich[i].text)+".querySelector('.cite')")
	}
	ann.do("press the arrow", chromedp.KeyEvent(kb.ArrowLeft))
	ann.until("the arrow leads to the quote", "document.activeElement === "+rowOf(rich[1].text)+".querySelector('.quote')")
	ann.look("room quote reached")
	ann.enter()
	ann.until("the quote leads to the message", "document.activeElement === "+rowOf(rich[0].text)+".querySelector('.cite') && "+rowOf(rich[0].text)+".classList.contains('found')")
	ann.enter()
	ann.fieldHas("> The soup is at twelve, bring a bowl and a spoon, and mind…\n")

	// The bytes are those of the text that was typed, and the quote is shown as one.
	ann.put("Which soup?")
	ann.enter()
	said := "> The soup is at twelve, bring a bowl and a spoon, and mind…\nWhich soup?"
	ann.until("it is said", rowOf(said)+"?.querySelector('.quote')")
}

func TestQuote_LeadsToTheNewestEarlierMessage(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Jump"
	lines := append([]line{{3 * time.Hour, "Soup? older"}, {2 * time.Hour, "Soup? newer"}}, prose(40)...)
	lines = append(lines, line{0, "> Soup?\nyes"}, line{0, "Soup? later"}, line{0, "> nobody said this"})
	seed(t, w, room, lines)
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	quote := rowOf("> Soup?\nyes") + ".querySelector('.quote')"
	ann.pointAt(quote, clickAt)
	newer := rowOf("Soup? newer")
	ann.until("the newest earlier one is in sight", "((box) => box.top >= 0 && box.bottom <= innerHeight)("+newer+".getBoundingClientRect())")
	if found := value[[]string](ann, "Array.from(document.querySelectorAll('.found p'), (p) => p.textContent)"); !slices.Equal(found, []string{"Soup? newer"}) {
		t.Errorf("highlighted: %q", found)
	}
	ann.until("the highlight goes", newer+".getAnimations({subtree: true}).length === 0")
	lost := rowOf("> nobody said this") + ".querySelector('.quote')"
	value[bool](ann, "("+lost+".click(), true)")
	ann.until("a quote of nothing leads nowhere", lost+".classList.contains('lost') && document.querySelectorAll('.found').length === 1")
}

func TestQuote_ByATapOnAPhone(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Tap"
	seed(t, w, room, rich)
	ann := newGuest(t, w, "Ann")
	phone := sizes[0]
	ann.do("be a phone", chromedp.EmulateViewport(phone.width, phone.height, phone.more...))
	ann.openRoom(room)
	last := rowOf(rich[7].text)
	shown := "((s) => s.opacity + ' ' + s.pointerEvents)(getComputedStyle(" + last + ".querySelector('.tools')))"
	if got := value[string](ann, shown); got != "0 none" {
		t.Errorf("before a tap the tools are %s", got)
	}
	ann.pointAt(last+".querySelector('time')", chromedp.TapXY)
	ann.until("a tap shows the tools", shown+" === '1 auto'")
	if dir := os.Getenv(picturesDir); dir != "" {
		ann.picture(filepath.Join(dir, "room-tapped.png"))
	}
	ann.pointAt(last+".querySelector('.cite')", chromedp.TapXY)
	ann.fieldHas("> words that go on words that go on words that go on words…\n")
}

func TestQuote_WithoutScripts(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Plain quote"
	seed(t, w, room, rich)
	cat := withoutScripts(t, w, "Cat")
	cat.open(roomPath(room))
	cat.awaitLog(len(rich))
	cat.holdStill(framed)
	if bar := value[string](cat, "getComputedStyle("+rowOf(rich[1].text)+".querySelector('.quote')).borderInlineStartWidth"); bar != "3px" {
		t.Errorf("a quote has a bar of %s", bar)
	}
	value[bool](cat, "("+rowOf(rich[0].text)+".querySelector('.cite').click(), true)")
	cat.until("the form has the quote", "document.readyState === 'complete' && document.querySelector('#message')?.value === '> The soup is at twelve, bring a bowl and a spoon, and mind…\\n'")
	cat.do("look at the field", focusOn("#message"))
	cat.do("go to its end", chromedp.Evaluate[chromedp.Void]("void (document.querySelector('#message').selectionStart = 1000)"))
	cat.put("Which?")
	cat.click("#say button")
	cat.awaitLog(len(rich) + 1)
	cat.look("room quoted without scripts")
}
