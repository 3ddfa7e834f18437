package browser_test

import (
	"fmt"
	"testing"
	"time"
)

// pageClock replaces a page's Date.now, performance.now, setTimeout and clearTimeout. Until it is held it
// goes as the real one does. A held clock stands still, and with it all timers, until the
// test puts it forward.
const pageClock = `window.pageClock = (() => {
	const real = Date.now.bind(Date), set = window.setTimeout.bind(window), clear = window.clearTimeout.bind(window);
	const timers = new Map();
	let ahead = 0, heldAt = null, last = 1e6;
	const now = () => heldAt ?? real() + ahead;
	const fire = (id) => {
		const timer = timers.get(id);
		timers.delete(id);
		timer?.call();
	};
	const arm = (id, timer) => { if (heldAt === null) timer.native = set(() => fire(id), timer.due - now()); };
	const begun = now() - performance.now();
	Date.now = now;
	performance.now = () => now() - begun;
	window.setTimeout = (call, ms = 0, ...args) => {
		const timer = {call: () => call(...args), due: now() + ms};
		timers.set(++last, timer);
		arm(last, timer);
		return last;
	};
	window.clearTimeout = (id) => {
		clear(timers.get(id)?.native ?? id);
		timers.delete(id);
	};
	return {
		hold() {
			heldAt ??= now();
			for (const {native} of timers.values()) clear(native);
			return true;
		},
		pass(ms) {
			const end = heldAt + ms;
			for (;;) {
				const [first] = [...timers].filter(([, {due}]) => due <= end).sort(([, a], [, b]) => a.due - b.due);
				if (!first) break;
				heldAt = Math.max(heldAt, first[1].due);
				fire(first[0]);
			}
			heldAt = end;
			return true;
		},
		release() {
			ahead = heldAt - real();
			heldAt = null;
			timers.forEach((timer, id) => arm(id, timer));
			return true;
		},
	};
})();`

// ownClock gives the pages that the tab opens from now on a [pageClock].
func (b *tab) ownClock() {
	b.Helper()
	b.begin(pageClock)
}

func (b *tab) holdClock() {
	b.Helper()
	value[bool](b, "window.pageClock.hold()")
}

func (b *tab) releaseClock() {
	b.Helper()
	value[bool](b, "window.pageClock.release()")
}

// pass puts a held clock forward. Timers that are due run, the earliest first.
func (b *tab) pass(d time.Duration) {
	b.Helper()
	value[bool](b, fmt.Sprintf("window.pageClock.pass(%d)", d.Milliseconds()))
}

// passUntil puts a held clock forward by step before each look at the page. Between the
// steps the page hears from the network.
func (b *tab) passUntil(step time.Duration, what, expression string) {
	b.Helper()
	b.until(what, fmt.Sprintf("window.pageClock.pass(%d) && (%s)", step.Milliseconds(), expression))
}

// passes puts the page's clock forward, and leaves its timers alone, as when the machine
// was asleep.
func (b *tab) passes(d time.Duration) {
	b.Helper()
	value[float64](b, fmt.Sprintf(`(%s)(%d)`, putForward, d.Milliseconds()))
}

const putForward = `(by) => { const now = Date.now; Date.now = () => now.call(Date) + by; return Date.now(); }`

// The other tests build on this.
func TestClock_HeldNoTimerRuns(t *testing.T) {
	t.Parallel()
	b := newProfile(t, site(t), "Nobody")
	b.ownClock()
	b.open("/")
	b.holdClock()
	value[bool](b, `(window.from = Date.now(), window.ran = [],
		setTimeout(() => { window.ran.push('second ' + (Date.now() - window.from)); setTimeout(() => window.ran.push('third'), 5); }, 20),
		setTimeout((word) => window.ran.push(word), 10, 'first'), clearTimeout(setTimeout(() => window.ran.push('never'), 15)), true)`)
	ran := func() string { t.Helper(); return value[string](b, "window.ran.join(', ')") }
	b.pass(9 * time.Millisecond)
	if got := ran(); got != "" {
		t.Errorf("too early: %s", got)
	}
	b.pass(15 * time.Millisecond)
	if got := ran(); got != "first, second 20" {
		t.Errorf("after 24 ms: %s", got)
	}
	b.releaseClock()
	b.until("the real clock goes on", "window.ran.length === 3")
}
