package browser_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// rich are messages with all that a text can have.
var rich = []line{
	{9 * time.Minute, "The soup is at twelve, bring a bowl and a spoon, and mind the step at the door"},
	{8 * time.Minute, "> The soup is at twelve, bring a bowl and a spoon, and mind…\nI bring two."},
	{7 * time.Minute, "Hello and\nمرحبا بالجميع (here)\nagain"},
	{6 * time.Minute, "Run `go test ./...`, then\n```go\nfunc main() {\n\tprintln(\"https://example.org/\")\n}\n```\nand look."},
	{5 * time.Minute, "top" + strings.Repeat("\n", 1990) + "end"},
	{5 * time.Minute, "a\n" + strings.Repeat("> \n", 600) + "> b\n> https://example.org/"},
	{4 * time.Minute, numberedLines(40)},
	{4 * time.Minute, strings.TrimSpace(strings.Repeat("words that go on ", 110))},
}

func numberedLines(n int) string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprint("line ", i)
	}
	return strings.Join(lines, "\n")
}

// allRows are the rows of the log, and sources their texts as the page's elements have them.
const (
	allRows = `Array.from((` + shownLog + `).querySelectorAll('.log > li.message'))`
	sources = allRows + `.map((row) => row.querySelector('p').textContent)`
)

// rowOf is the row with this text.
func rowOf(text string) string {
	return allRows + ".find((row) => row.querySelector('p').textContent === " + js(text) + ")"
}

// height is that of the row with this text.
func (b *tab) height(text string) float64 {
	b.Helper()
	return value[float64](b, rowOf(text)+".getBoundingClientRect().height")
}

// wantSources fails unless the elements of the log have the texts of these messages.
func (b *tab) wantSources(lines []line) {
	b.Helper()
	var want []string
	for _, l := range lines {
		want = append(want, l.text)
	}
	if diff := cmp.Diff(want, value[[]string](b, sources)); diff != "" {
		b.Errorf("%s: %s", b.who, diff)
	}
}

func TestMarkup_LongMessagesAreFolded(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Folded"
	seed(t, w, room, rich)
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	breaks, lines := rich[4].text, rich[6].text
	newCrowd(t, w, room).say("live\n" + lines)
	ann.awaitLog(len(rich) + 1)
	ann.say("a browser copies nothing before the guest has done something")
	shown := ann.awaitLog(len(rich) + 2)
	ann.wantSources(append(slices.Clone(rich), line{text: "live\n" + lines}, line{text: shown[len(rich)+1].Text}))
	for _, text := range []string{breaks, rich[5].text} {
		if high := ann.height(text); high > 200 {
			t.Errorf("%.10q with %d line breaks is %v pixels high", text, strings.Count(text, "\n"), high)
		}
	}
	folded := ann.height(lines)
	for _, text := range []string{lines, rich[7].text, "live\n" + lines} {
		if high := ann.height(text); math.Abs(high-folded) > 1 || high > 20*24 {
			t.Errorf("folded, %.10q is %v pixels high, others %v", text, high, folded)
		}
	}
	if n := value[int](ann, "document.querySelectorAll('.more').length"); n != 3 {
		t.Errorf("%d messages can be unfolded", n)
	}
	// A folded message is copied whole.
	if got := ann.copySelected(wholeLog)["text/plain"]; !strings.Contains(got, lines) || !strings.Contains(got, breaks) {
		t.Errorf("copied: %.300q", got)
	}

	place := func() float64 { return value[float64](ann, rowOf(lines)+".getBoundingClientRect().top") }
	button := rowOf(lines) + ".querySelector('.more')"
	value[bool](ann, "("+button+".scrollIntoView({block: 'center'}), true)")
	await[bool](ann, fewFrames)
	before := place()
	for _, tt := range []struct {
		open  string
		label string
		least float64
		most  float64
	}{{"true", "Show less", 40 * 20, 41 * 26}, {"false", "Show all", folded, folded}} {
		value[bool](ann, "("+button+".click(), true)")
		await[bool](ann, fewFrames)
		if high := ann.height(lines); high < tt.least-1 || high > tt.most+1 {
			t.Errorf("open is %s: %v pixels", tt.open, high)
		}
		if got := value[[]string](ann, "((b) => [b.getAttribute('aria-expanded'), b.innerText])("+button+")"); got[0] != tt.open || got[1] != tt.label {
			t.Errorf("the button says %q", got)
		}
		if now := place(); math.Abs(now-before) > 1 {
			t.Errorf("open is %s: the message was at %v and is at %v", tt.open, before, now)
		}
	}

	// Without scripts nothing is hidden but blank lines.
	cat := withoutScripts(t, w, "Cat")
	cat.open(roomPath(room))
	cat.awaitLog(len(shown))
	cat.holdStill(framed)
	if high := cat.height(lines); high < 40*20 {
		t.Errorf("without scripts the lines take %v pixels", high)
	}
	if high := cat.height(breaks); high > 200 {
		t.Errorf("without scripts the line breaks take %v pixels", high)
	}
}

// side tells where the text of a line begins in the message.
const side = `((row, line) => {
	const p = row.querySelector('p'), range = document.createRange(), text = p.firstChild;
	const at = text.data.split('\n').slice(0, line).join('\n').length + (line && 1);
	range.setStart(text, at);
	range.setEnd(text, at + 1);
	const [letter, box] = [range, p].map((e) => e.getBoundingClientRect());
	return letter.left - box.left < 20 ? 'left' : box.right - letter.right < 20 ? 'right' : letter.left + ' in ' + box.width;
})`

func TestMarkup_EachLineHasItsDirection(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Directions"
	mixed := []line{{time.Minute, "Hello and\nمرحبا\nit goes on until the end of the line"}, {time.Minute, "مرحبا بالجميع في هذه الغرفة\nHello\nأهلا"}}
	seed(t, w, room, mixed)
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	for i, want := range [][]string{{"left", "right", "left"}, {"right", "left", "right"}} {
		for j := range want {
			if got := value[string](ann, side+"("+rowOf(mixed[i].text)+", "+fmt.Sprint(j)+")"); got != want[j] {
				t.Errorf("line %d of %q begins at %s, want %s", j, mixed[i].text, got, want[j])
			}
		}
	}
	for _, css := range []string{"#message", ".message p"} {
		if got := value[string](ann, "getComputedStyle(document.querySelector("+js(css)+")).unicodeBidi"); got != "plaintext" {
			t.Errorf("%s: unicode-bidi is %s", css, got)
		}
	}
}

func TestMarkup_CodeIsTextInAFixedWidth(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Code"
	text := "see `<i>https://example.org/</i>` and\n```\n<script>alert(1)</script>\nhttps://example.org/\n```\nhttps://example.org/end"
	seed(t, w, room, []line{{time.Minute, text}})
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	newCrowd(t, w, room).say(text + "!")
	ann.awaitLog(2)
	ann.wantSources([]line{{text: text}, {text: text + "!"}})
	ann.until("both have a link", "document.querySelectorAll('.message a').length === 2")
	if inside := value[int](ann, "document.querySelectorAll('.code a, .fence a, .message i, .message script').length"); inside != 0 {
		t.Errorf("%d elements in code", inside)
	}
	for _, css := range []string{".code", ".fence"} {
		// In a fixed width, narrow and wide letters are equally wide.
		widths := value[[]float64](ann, `(({font}) => {
			const pen = Object.assign(document.createElement('canvas').getContext('2d'), {font});
			return ['i', 'W'].map((letter) => pen.measureText(letter).width);
		})(getComputedStyle(document.querySelector(`+js(css)+`)))`)
		if widths[0] == 0 || math.Abs(widths[0]-widths[1]) > 0.1 {
			t.Errorf("%s: letters are %v wide", css, widths)
		}
	}
}

// Rows that stand together would look like one author.
func TestMarkup_DistancesAreEqual(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Distances"
	hour := time.Now().Truncate(time.Hour).Add(-2 * time.Hour)
	var lines []line
	for i, at := range []time.Duration{0, 10 * time.Second, 20 * time.Second, 61 * time.Second, 62 * time.Second, 5 * time.Minute} {
		lines = append(lines, line{time.Since(hour.Add(at + time.Second)), fmt.Sprint("message ", i)})
	}
	seed(t, w, room, lines)
	ann := newGuest(t, w, "Ann")
	for _, size := range sizes[:2] {
		ann.do("resize", chromedp.EmulateViewport(size.width, size.height, size.more...))
		ann.openRoom(room)
		gaps := value[[]float64](ann, allRows+`.map((row) => row.querySelector('p').getBoundingClientRect()).map((box, i, all) => i ? box.top - all[i - 1].bottom : 0).slice(1)`)
		if slices.Max(gaps)-slices.Min(gaps) > 0.5 {
			t.Errorf("on a %s the messages have distances of %v", size.name, gaps)
		}
		shown := value[[]bool](ann, allRows+".map((row) => getComputedStyle(row.querySelector('time')).opacity === '1')")
		if want := []bool{true, false, false, true, false, true}; !slices.Equal(shown, want) {
			t.Errorf("on a %s times are shown: %v, want %v", size.name, shown, want)
		}
		column := value[float64](ann, "((row) => row.querySelector('p').getBoundingClientRect().left - row.getBoundingClientRect().left)("+rowOf("message 0")+")")
		if size.name == "phone" && column > 50 {
			t.Errorf("on a phone the times take %v pixels", column)
		}
	}
}

func TestMarkup_OwnColourAndUnsignedAreExplained(t *testing.T) {
	t.Parallel()
	w := site(t)
	const room = "Explained"
	seed(t, w, room, prose(60))
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	ann.until("the sentence about unsigned messages is in sight below the newest", `((box) => box.top > 0 && box.bottom < innerHeight && box.top > document.querySelector('#past').lastElementChild.getBoundingClientRect().bottom)(document.querySelector('.unsigned').getBoundingClientRect())`)
	ann.look("room entered")
	ann.say("first of mine")
	ann.until("the colour is explained", rowOf("first of mine")+"?.querySelector('.yours')?.innerText === 'Amber is yours. Only this tab knows.'")
	ann.until("and the sentence stands before it", "document.querySelector('.unsigned').getBoundingClientRect().bottom < "+rowOf("first of mine")+".getBoundingClientRect().top")
	ann.look("room first own")
	ann.say("second of mine")
	ann.until("it is there", rowOf("second of mine")+"?.classList.contains('own')")
	if n := value[int](ann, "document.querySelectorAll('.yours').length"); n != 1 {
		t.Errorf("it is explained %d times", n)
	}
	ann.reload()
	ann.awaitLive()
	ann.say("third of mine")
	ann.until("it is there", rowOf("third of mine")+"?.classList.contains('own')")
	if n := value[int](ann, "document.querySelectorAll('.yours').length"); n != 0 {
		t.Errorf("after a reload it is explained %d times", n)
	}
}
