package browser_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSearch_FindsWhatThePageDoesNotHold(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Searched"
	var lines []line
	for i := range 400 {
		text := fmt.Sprintf("message %d", i)
		if i == 3 || i == 390 {
			text = fmt.Sprintf("the long-lost Tümbrel number %d", i)
		}
		lines = append(lines, line{time.Duration(1000-i) * time.Second, text})
	}
	seed(t, w, room, lines)
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	ann.click(".dots")
	ann.until("it can be searched", "document.querySelector('#search')")
	ann.do("look at the field", focusOn("#search"))
	ann.put("tumbrel")
	ann.enter()
	ann.until("the search has ended", "document.querySelector('.search .hint').textContent === '2 messages found'")
	found := value[[]string](ann, "Array.from(document.querySelectorAll('.match'), (e) => e.querySelector('span').textContent + '|' + e.querySelector('mark').textContent)")
	if want := []string{"the long-lost Tümbrel number 390|Tümbrel", "the long-lost Tümbrel number 3|Tümbrel"}; !slices.Equal(found, want) {
		t.Errorf("found %q, want %q", found, want)
	}
	ann.look("room search")
	asked := value[[]string](ann, "performance.getEntriesByType('resource').filter(({initiatorType}) => initiatorType === 'fetch').map(({name}) => name)")
	for _, address := range asked {
		if strings.Contains(strings.ToLower(address), "mbrel") || !strings.Contains(address, "/messages/?") && !strings.HasSuffix(address, "/index/") {
			t.Errorf("asked for %s", address)
		}
	}
	ann.click("li:last-child .match")
	ann.until("the message is shown", `(() => {
		const [row, view] = [document.querySelector('.found'), document.querySelector('#scroller').getBoundingClientRect()];
		const at = row?.getBoundingClientRect();
		return row?.querySelector('p').textContent.endsWith('number 3') && at.top >= view.top && at.bottom <= view.bottom
			&& document.activeElement === row && !document.querySelector('#about[open]');
	})()`)
	if marked := value[int](ann, "CSS.highlights.get('search').size"); marked != 1 {
		t.Errorf("%d places are marked", marked)
	}
	ann.look("room found")
	ann.click(".dots")
	ann.do("look at the field", focusOn("#search"))
	ann.put("x")
	ann.enter()
	ann.until("it says that there is nothing", "document.querySelector('.search .hint').textContent === 'Not found in 400 messages, all that the room keeps' && !document.querySelector('.match')")
}

func TestSearch_ForgetsWhatIsRemoved(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Searched and removed"
	seed(t, w, room, []line{{2 * time.Minute, "a tumbrel"}, {time.Minute, "another tumbrel"}})
	ann, mia := newGuest(t, w, "Ann"), newGuest(t, w, "Mia")
	mia.moderates()
	for _, b := range []*tab{ann, mia} {
		b.openRoom(room)
	}
	ann.click(".dots")
	ann.until("it can be searched", "document.querySelector('#search')")
	ann.do("look at the field", focusOn("#search"))
	ann.put("tumbrel")
	ann.enter()
	matches := "Array.from(document.querySelectorAll('.match span'), (match) => match.textContent).join()"
	ann.until("both are found", matches+" === 'another tumbrel,a tumbrel'")
	mia.removes("another tumbrel")
	ann.until("one is left", matches+" === 'a tumbrel'")
}

func TestShare_ATextArrivesInTheField(t *testing.T) {
	t.Parallel()
	w := ownSite(t)
	const room = "Shared with"
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	ann.say("something")
	ann.awaitLog(1)
	ann.put("half a sentence")
	const text = "Look at <this> & that"
	ann.open("/share/?" + url.Values{"title": {text}, "url": {"https://example.org/?a=b&c"}}.Encode())
	ann.until("the text is shown", "document.querySelector('.shared')?.textContent === "+js(text+"\nhttps://example.org/?a=b&c"))
	ann.look("share")
	ann.do("look at the field", focusOn("#room"))
	ann.put(room)
	ann.enter()
	ann.awaitLive()
	want := "half a sentence\n" + text + "\nhttps://example.org/?a=b&c"
	ann.until("the field has it, behind the draft", "document.querySelector('#message').value === "+js(want)+" && location.search === ''")
	ann.awaitLog(1)
	ann.reload()
	ann.awaitLive()
	ann.until("the field still has it, once", "document.querySelector('#message').value === "+js(want))
}

func TestFade_MessagesFadeAndGoWhileOneWatches(t *testing.T) {
	t.Parallel()
	w := forgetful(t)
	const room = "Fading"
	ann := newGuest(t, w, "Ann")
	ann.begin(`window.steps = [];
new MutationObserver(() => {
	window.shown ||= Boolean(document.querySelector('.message'));
	for (const {dataset} of document.querySelectorAll('.message')) if (dataset.faded && window.steps.at(-1) !== dataset.faded) window.steps.push(dataset.faded);
}).observe(document, {subtree: true, childList: true, attributes: true, attributeFilter: ['data-faded']});`)
	ann.begin(shifts)
	ann.openRoom(room)
	// A tab that stalls for half a second misses a step, so there may be another message.
	ann.await("a message has faded in all steps", func(context.Context) (bool, error) {
		value[bool](ann, "(window.steps = [], window.shown = false, true)")
		ann.say("soon gone")
		ann.until("it was there", "window.shown")
		ann.until("it has gone", nothingLeft)
		steps := value[[]string](ann, "window.steps")
		if !slices.IsSorted(steps) {
			t.Errorf("it faded in the steps %q", steps)
		}
		return slices.Contains(steps, "3"), nil
	})
}

// A faded message can still be read: axe measures the contrast.
func TestFade_OldMessagesStayReadable(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Faded"
	var lines []line
	for _, hours := range []float64{23.6, 22.6, 21.6, 20} {
		lines = append(lines, line{time.Duration(hours * float64(time.Hour)), fmt.Sprintf("said %v hours ago", hours)})
	}
	seed(t, w, room, lines)
	ann := newGuest(t, w, "Ann")
	ann.begin(shifts)
	ann.openRoom(room)
	ann.until("they have faded", `Array.from(document.querySelectorAll('.message'), ({dataset}) => dataset.faded ?? '-').join('') === '321-'`)
	if moved := value[[]string](ann, "window.shifted"); len(moved) > 0 {
		t.Errorf("moved: %s", strings.Join(moved, "\n"))
	}
	ann.look("room faded")
}
