package browser_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// storm is for a person who measures. The test without it only counts.
var storm = flag.Duration("storm", 0, "say 50 messages a second for so long in a long log, and measure how smooth the page is")

// longTasks notes every task that kept the page from answering for more than 50 ms, how
// often it was painted, and the longest that it was not.
const longTasks = `window.tasks = []; window.frames = 0; window.stood = 0;
new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((e) => Math.round(e.duration)))).observe({type: 'longtask'});
let last = performance.now();
const count = () => {
	const now = performance.now();
	[window.stood, last] = [Math.max(window.stood, now - last), now];
	window.frames++;
	requestAnimationFrame(count);
};
count();`

// arrivals notes the messages in the order in which the page puts them at the log's end.
const arrivals = `window.arrived = [];
new MutationObserver((changes) => {
	for (const {addedNodes} of changes) for (const row of addedNodes) {
		const text = row.querySelector?.('p')?.textContent ?? '';
		if (text.startsWith('storm ')) window.arrived.push(text);
	}
}).observe(document.querySelector('#log'), {childList: true});`

// laidOut counts the rows whose insides are laid out.
const laidOut = `Array.from(document.querySelectorAll('.log > li')).filter((row) => row.firstElementChild.checkVisibility({contentVisibilityAuto: true})).length`

func TestSmooth_ManyMessagesInALogOfThousands(t *testing.T) {
	t.Parallel()
	const burst = 300
	many := 2000
	if *storm > 0 {
		many = 5000
	}
	w := site(t)
	const room = "Smooth"
	seed(t, w, room, prose(many))
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	const rowCount = "document.querySelectorAll('.log > li').length"
	for rows := value[int](ann, rowCount); rows < many; rows = value[int](ann, rowCount) {
		ann.until("more of the past is there", fmt.Sprintf("(document.querySelector('#scroller').scrollTop = -1e7, %s > %d)", rowCount, rows))
	}
	ann.until("all of it is there", fmt.Sprintf("!document.querySelector('#start').hidden && %s === %d", rowCount, many))
	ann.fewLaidOut()

	ann.do("watch", chromedp.Evaluate[chromedp.Void]("(() => {"+longTasks+"})()"))
	// From one end to the other and back, a screen a frame.
	await[bool](ann, `(async () => {
		const scroller = document.querySelector('#scroller');
		for (const way of [1, -1, 1]) for (let i = 0; i < 50; i++) {
			scroller.scrollBy(0, way * scroller.clientHeight);
			await new Promise(requestAnimationFrame);
		}
		return true;
	})()`)
	tasks := value[[]int](ann, "window.tasks.splice(0)")
	if *storm > 0 {
		t.Logf("150 screens in a log of %d: long tasks of %v ms", many, tasks)
	}

	ann.click("#jump")
	ann.until("the newest is in sight", atBottom)
	others := newCrowd(t, w, room)
	ann.do("look at the field", focusOn("#message"))
	ann.do("watch", chromedp.Evaluate[chromedp.Void]("(() => {"+arrivals+"})()"))
	var want []string
	typed := 0
	say := func() {
		want = append(want, fmt.Sprintf("storm %d", len(want)))
		others.say(want[len(want)-1])
		if len(want)%50 == 0 { // the guest types meanwhile
			ann.put("x")
			typed++
		}
	}
	if *storm > 0 {
		ann.measure(say)
	} else {
		for range burst {
			say()
		}
	}
	ann.until("the last one is there", "document.querySelector('#log').lastElementChild.innerText.includes("+js(want[len(want)-1])+")")
	if diff := cmp.Diff(want, value[[]string](ann, "window.arrived")); diff != "" {
		t.Errorf("the page shows other messages:\n%s", diff)
	}
	ann.until("the newest is in sight", atBottom)
	if letters := value[int](ann, field+".value.length"); letters != typed {
		t.Errorf("%d of %d letters are in the field", letters, typed)
	}
	ann.fewLaidOut()
	ann.until("what is far up has gone", "document.querySelectorAll('.log > li').length <= 300")
	ann.do("look far up", chromedp.Evaluate[chromedp.Void](`(() => {
		window.shown = document.querySelectorAll('.log > li').length;
		document.querySelector('#scroller').scrollTop = -1e7;
	})()`))
	ann.until("what has gone comes back", "document.querySelectorAll('.log > li').length >= window.shown + 50")
}

// measure calls say 50 times a second, prints how smooth the page is meanwhile, and fails if
// it freezes.
func (b *tab) measure(say func()) {
	b.Helper()
	const rate = 50
	frames := value[int](b, "(window.stood = 0, window.frames)")
	var slowest time.Duration // the slowest of all calls: some of them type a letter
	began := time.Now()
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	for time.Since(began) < *storm {
		<-tick.C
		called := time.Now()
		say()
		slowest = max(slowest, time.Since(called))
	}
	took := time.Since(began)
	tasks := value[[]int](b, "window.tasks.splice(0)")
	painted := float64(value[int](b, "window.frames")-frames) / took.Seconds()
	var all, busy time.Duration // busy: beyond what nobody feels
	for _, ms := range tasks {
		all += time.Duration(ms) * time.Millisecond
		busy += time.Duration(ms-50) * time.Millisecond
	}
	stood := time.Duration(value[float64](b, "window.stood")) * time.Millisecond
	b.Logf("in %v %d long tasks take %v, %v of it beyond 50 ms: %v; a message or a letter takes %v at most; %.0f frames a second, the longest pause %v; %d rows, %d laid out",
		took.Round(time.Second), len(tasks), all, busy, tasks, slowest.Round(time.Millisecond), painted, stood,
		value[int](b, "document.querySelectorAll('.log > li').length"), value[int](b, laidOut))
	if half := took / 2; busy > half || slowest > half || stood > half || painted < 2 {
		b.Errorf("the page freezes: in %v it is busy for %v, a letter takes %v, no frame comes for %v, %.1f a second", took, busy, slowest, stood, painted)
	}
}

// fewLaidOut fails unless the page spares the rows that nobody sees. Those that have just
// been in sight may keep their insides for a frame.
func (b *tab) fewLaidOut() {
	b.Helper()
	b.until("few rows are laid out", laidOut+" <= 200")
}
