package browser_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var storm = flag.Duration("storm", 6*time.Second, "how long 50 messages a second go on in a long log")

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

// laidOut counts the rows whose insides are laid out.
const laidOut = `Array.from(document.querySelectorAll('.log > li')).filter((row) => row.firstElementChild.checkVisibility({contentVisibilityAuto: true})).length`

func TestSmooth_FiftyASecondInALogOfThousands(t *testing.T) {
	const many, rate = 5000, 50
	w := site(t)
	const room = "Smooth"
	seed(t, w, room, prose(many))
	ann := newGuest(t, w, "Ann")
	ann.openRoom(room)
	await[bool](ann, `(async () => {
		const scroller = document.querySelector('#scroller'), start = document.querySelector('#start');
		while (start.hidden) {
			scroller.scrollTop = -1e7;
			await new Promise(requestAnimationFrame);
		}
		return true;
	})()`)
	ann.until("all of it is there", fmt.Sprintf("document.querySelectorAll('.log > li').length === %d", many))
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
	t.Logf("150 screens in a log of %d: long tasks of %v ms", many, value[[]int](ann, "window.tasks.splice(0)"))

	ann.click("#jump")
	ann.until("the newest is in sight", atBottom)
	others := newCrowd(t, w, room)
	ann.do("look at the field", focusOn("#message"))
	frames := value[int](ann, "(window.stood = 0, window.frames)")
	var slowest time.Duration // the answer to a letter
	began := time.Now()
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	said := 0
	for time.Since(began) < *storm {
		<-tick.C
		others.say(fmt.Sprintf("storm %d", said))
		said++
		if said%rate == 0 {
			typed := time.Now() // somebody types meanwhile
			ann.put("x")
			slowest = max(slowest, time.Since(typed))
		}
	}
	took := time.Since(began)
	ann.until("the last one is there", "document.querySelector('#log').lastElementChild.innerText.includes("+js(fmt.Sprintf("storm %d", said-1))+")")
	tasks := value[[]int](ann, "window.tasks.splice(0)")
	painted := float64(value[int](ann, "window.frames")-frames) / took.Seconds()
	var all, busy time.Duration // busy: beyond what nobody feels
	for _, ms := range tasks {
		all += time.Duration(ms) * time.Millisecond
		busy += time.Duration(ms-50) * time.Millisecond
	}
	stood := time.Duration(value[float64](ann, "window.stood")) * time.Millisecond
	t.Logf("%d messages in %v: %d long tasks take %v, %v of it beyond 50 ms: %v; a letter is there after %v at most; %.0f frames a second, the longest pause %v; %d rows, %d laid out",
		said, took.Round(time.Second), len(tasks), all, busy, tasks, slowest.Round(time.Millisecond), painted, stood,
		value[int](ann, "document.querySelectorAll('.log > li').length"), value[int](ann, laidOut))
	// Of a busy machine too: what freezes takes all of the time.
	if half := took / 2; busy > half || slowest > half || stood > half || painted < 2 {
		t.Errorf("the page freezes: in %v it is busy for %v, a letter takes %v, no frame comes for %v, %.1f a second", took, busy, slowest, stood, painted)
	}
	ann.until("the newest is in sight", atBottom)
	if typed := value[int](ann, field+".value.length"); typed != said/rate {
		t.Errorf("%d of %d letters are in the field", typed, said/rate)
	}
	ann.fewLaidOut()
	ann.until("what is far up has gone", "document.querySelectorAll('.log > li').length <= 300")
	ann.do("look far up", chromedp.Evaluate[chromedp.Void](`(() => {
		window.shown = document.querySelectorAll('.log > li').length;
		document.querySelector('#scroller').scrollTop = -1e7;
	})()`))
	ann.until("what has gone comes back", "document.querySelectorAll('.log > li').length >= window.shown + 50")
}

// fewLaidOut fails unless the page spares the rows that nobody sees. Those that have just
// been in sight may keep their insides for a frame.
func (b *tab) fewLaidOut() {
	b.Helper()
	b.until("few rows are laid out", laidOut+" <= 200")
}
