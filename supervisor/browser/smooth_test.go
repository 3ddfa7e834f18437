package browser_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var storm = flag.Duration("storm", 6*time.Second, "how long 50 messages a second go on in a long log")

// longTasks notes every task that kept the page from answering for more than 50 ms, and
// how often it was painted.
const longTasks = `window.tasks = []; window.frames = 0;
new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((e) => Math.round(e.duration)))).observe({type: 'longtask'});
const count = () => { window.frames++; requestAnimationFrame(count); };
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
	frames := value[int](ann, "window.frames")
	began := time.Now()
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	said := 0
	for time.Since(began) < *storm {
		<-tick.C
		others.say(fmt.Sprintf("storm %d", said))
		said++
		if said%rate == 0 {
			ann.put("x") // somebody types meanwhile
		}
	}
	took := time.Since(began)
	ann.until("the last one is there", "document.querySelector('#log').lastElementChild.innerText.includes("+js(fmt.Sprintf("storm %d", said-1))+")")
	tasks := value[[]int](ann, "window.tasks.splice(0)")
	painted := float64(value[int](ann, "window.frames")-frames) / took.Seconds()
	sum := 0 // of what each took beyond what nobody feels
	for _, ms := range tasks {
		sum += ms - 50
	}
	t.Logf("%d messages in %v: %d long tasks, %d ms beyond 50, %v ms; %.0f frames a second; %d rows, %d laid out",
		said, took.Round(time.Second), len(tasks), sum, tasks, painted,
		value[int](ann, "document.querySelectorAll('.log > li').length"), value[int](ann, laidOut))
	ann.until("the newest is in sight", atBottom)
	if typed := value[int](ann, field+".value.length"); typed != said/rate {
		t.Errorf("%d of %d letters are in the field", typed, said/rate)
	}
	ann.fewLaidOut()
}

// fewLaidOut fails unless the page spares the rows that nobody sees. Those that have just
// been in sight may keep their insides for a frame.
func (b *tab) fewLaidOut() {
	b.Helper()
	b.until("few rows are laid out", laidOut+" <= 200")
}
