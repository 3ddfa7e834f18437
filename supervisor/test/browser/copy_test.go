package browser_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// copied is what a copy has put into the clipboard, by type.
type copied map[string]string

// copySelected selects a part of the page by a script, and copies it as the browser's menu
// does. The event that it looks at is the one that the clipboard gets.
func (b *tab) copySelected(choose string) copied {
	b.Helper()
	return value[copied](b, `(() => {
		const range = document.createRange();
		(`+choose+`)(range);
		getSelection().removeAllRanges();
		getSelection().addRange(range);
		const got = {};
		window.addEventListener('copy', ({clipboardData, defaultPrevented}) => {
			for (const type of clipboardData.types) got[type] = clipboardData.getData(type);
			got.prevented = String(defaultPrevented);
		}, {once: true});
		got.done = String(document.execCommand('copy'));
		return got;
	})()`)
}

const (
	wholePage = `(range) => range.selectNodeContents(document.body)`
	wholeLog  = `(range) => range.selectNodeContents(document.querySelector('#column'))`
	// From within the first message's text to within the time of the last but one.
	someOfIt = `(range) => {
		const rows = document.querySelectorAll('.message');
		range.setStart(rows[0].querySelector('p').firstChild, 4);
		range.setEnd(rows[3].querySelector('p').firstChild, 5);
	}`
	oneWord = `(range) => {
		const text = document.querySelectorAll('.message p')[1].firstChild;
		range.setStart(text, 0);
		range.setEnd(text, 4);
	}`
)

// copyable is a room with messages of two guests, in which Ann sees all that is meant for her
// alone: marks of own messages, the line of unread ones, a gap, and a message that waits.
func copyable(t *testing.T, room string) (ann *tab) {
	t.Helper()
	w := site(t)
	ann = newGuest(t, w, "Ann")
	ann.allow(awayNotes...)
	proxy := ann.through(t)
	ann.openRoom(room)
	others := newCrowd(t, w, room)
	others.say("one from others")
	ann.awaitLog(1)
	ann.say("mine with https://example.org/")
	ann.awaitLog(2)
	ann.hide()
	others.say("three")
	ann.until("it is unread", "document.querySelector('.unread')")
	ann.show()
	ann.say("four is mine")
	ann.awaitLog(4)
	proxy.refuse(true)
	proxy.cut()
	ann.say("waits")
	ann.until("it waits in sight", "document.querySelector('#outbox li')")
	return ann
}

func TestCopy_HasTextsAndTimesAlone(t *testing.T) {
	t.Parallel()
	ann := copyable(t, "Copy")
	if mark := value[string](ann, "getComputedStyle(document.querySelector('.own'), '::after').content"); mark != `"yours"` {
		t.Errorf("screen readers read %s beside an own message", mark)
	}
	time := regexp.MustCompile(`(?m)^\d{1,2}:\d\d\s[AP]M `)
	for what, tt := range map[string]struct {
		choose string
		times  int
		want   []string
	}{
		"the whole page": {wholePage, 4, []string{"one from others", "mine with https://example.org/", "three", "four is mine"}},
		"the log":        {wholeLog, 4, []string{"one from others", "mine with https://example.org/", "three", "four is mine"}},
		"a part":         {someOfIt, 3, []string{"from others", "mine with https://example.org/", "three", "four "}},
		"a word":         {oneWord, 0, []string{"mine"}},
	} {
		got := ann.copySelected(tt.choose)
		if got["done"] != "true" || got["prevented"] != "true" {
			t.Errorf("%s: %v", what, got)
		}
		if html, ok := got["text/html"]; ok {
			t.Errorf("%s: copied as HTML: %s", what, html)
		}
		plain := got["text/plain"]
		if n := len(time.FindAllString(plain, -1)); n != tt.times {
			t.Errorf("%s: %d times in %q", what, n, plain)
		}
		if diff := cmp.Diff(tt.want, strings.Split(time.ReplaceAllString(plain, ""), "\n")); diff != "" {
			t.Errorf("%s:\n%s", what, diff)
		}
	}
	// The selection itself, which some systems offer for pasting without a copy.
	selected := value[string](ann, "(getSelection().selectAllChildren(document.querySelector('#column')), String(getSelection()))")
	for _, word := range []string{"yours", "New", "Messages are unsigned", "The log begins", "Waiting", "Drop"} {
		if strings.Contains(selected, word) {
			t.Errorf("%q is selected: %q", word, selected)
		}
	}
	// Other texts of the page are copied as ever.
	if got := ann.copySelected(`(range) => range.selectNodeContents(document.querySelector('h1'))`); got["prevented"] != "false" {
		t.Errorf("the heading: %v", got)
	}
}

// The texts that are dragged out of the page are those that are copied.
func TestCopy_DraggingIsCopying(t *testing.T) {
	t.Parallel()
	ann := copyable(t, "Drag")
	dragged := make(chan *input.EventDragIntercepted, 1)
	err := chromedp.Listen(ann.ctx, func(ev any) {
		if ev, ok := ev.(*input.EventDragIntercepted); ok {
			dragged <- ev
		}
	})
	if err == nil {
		_, err = chromedp.Call(ann.ctx, input.SetInterceptDrags, input.SetInterceptDragsParams{Enabled: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	type point struct{ X, Y float64 }
	at := value[point](ann, `(() => {
		getSelection().selectAllChildren(document.querySelector('#column'));
		const {left, top, height} = document.querySelectorAll('.message p')[1].getBoundingClientRect();
		return {X: left + 20, Y: top + height / 2};
	})()`)
	mouse := func(kind input.DispatchMouseEventType, by float64) chromedp.Action[chromedp.Void] {
		return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{
				Type: kind, X: at.X + by, Y: at.Y + by, Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1,
			})
			return err
		})
	}
	ann.do("drag", mouse("mousePressed", 0), mouse("mouseMoved", 10), mouse("mouseMoved", 30))
	var items []*input.DragDataItem
	ann.await("the selection is dragged", func(context.Context) (bool, error) {
		select {
		case ev := <-dragged:
			items = ev.Data.Items
			return true, nil
		default:
			return false, nil
		}
	})
	if len(items) != 1 || items[0].MimeType != "text/plain" {
		t.Fatalf("dragged %+v", items)
	}
	for _, text := range []string{"one from others\n", "mine with https://example.org/\n", "three\n", "four is mine"} {
		if !strings.Contains(items[0].Data, text) {
			t.Errorf("dragged without %q: %q", text, items[0].Data)
		}
	}
}
